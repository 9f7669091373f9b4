// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "conversation.h"

#include <utility>

#include "connector.h"
#include "grpc.h"
#include "over_ari/ari_conversation.h"

namespace penstock::adapter {

std::unique_ptr<Conversation> Conversation::Create(Context context) {
  if (context.endpoint->protocol == Endpoint::Protocol::kGrpc) {
    return NewGrpcConversation(std::move(context));
  }
  return std::make_unique<AriConversation>(std::move(context));
}

Status Conversation::Check(const Endpoint& endpoint, const HostOptions& options) {
  if (endpoint.protocol == Endpoint::Protocol::kGrpc) return CheckGrpc(endpoint, options);
  return Connector::Check(endpoint, options);
}

}  // namespace penstock::adapter
