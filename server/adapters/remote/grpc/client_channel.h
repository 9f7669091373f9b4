// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/status.h"
#include "config/settings.h"
#include "transport/tcp/socket.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// A connection of its own to an adapter that is dialed, made as soon as it is used, once. `host` is
// whom the certificate has to be for, and what the adapter reads as the authority.
std::shared_ptr<grpc::Channel> NewClientChannel(
    const tcp::Endpoint& where, const std::string& host, const config::ProxySettings& proxy,
    std::size_t max_message_bytes, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// What a context of a client shows and whom it believes; null: in clear. Which versions and ciphers
// is gRPC's choice.
StatusOr<std::shared_ptr<grpc::ChannelCredentials>> NewClientCredentials(
    const std::shared_ptr<const tls::Context>& context, bool check_host);

}  // namespace penstock::adapters
