// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "grpc.h"

namespace penstock::adapter {

Status CheckGrpc(const Endpoint& endpoint, const HostOptions& /*options*/) {
  return Error("endpoint \"" + endpoint.text +
               "\": this library was built without gRPC (PENSTOCK_WITH_GRPC is OFF)");
}

// Nobody comes here: a host with such an endpoint does not start.
std::unique_ptr<Conversation> NewGrpcConversation(Conversation::Context /*context*/) {
  return nullptr;
}

}  // namespace penstock::adapter
