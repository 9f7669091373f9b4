// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "endpoint.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/result.h"

namespace penstock::adapter {

// A connection of its own to the server that the endpoint names, made as soon as it is used. Reads
// the files of TLS.
Result<std::shared_ptr<grpc::Channel>> NewChannel(const Endpoint& endpoint,
                                                  const HostOptions& options);

// Of the files of TLS.
Result<std::string> ReadWholeFile(const std::string& path);

// Who the adapter is, as the request header `authorization` says it; empty: nobody in particular.
std::string Authorization(const HostOptions& options);

}  // namespace penstock::adapter
