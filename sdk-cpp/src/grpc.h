// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>

#include "conversation.h"
#include "endpoint.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"

// The door to gRPC. Behind it is gRPC, or, in a library built without it, nobody.
namespace penstock::adapter {

Status CheckGrpc(const Endpoint& endpoint, const HostOptions& options);

std::unique_ptr<Conversation> NewGrpcConversation(Conversation::Context context);

}  // namespace penstock::adapter
