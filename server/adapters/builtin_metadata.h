// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <variant>

#include "adapters/courier.h"
#include "adapters/item_families.h"
#include "config/settings.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// Decides for an Adapter Set that names no Metadata Adapter, by the policy of its settings: who may
// enter, the modes of items, and limits that are the same for all. Groups and schemas are lists
// separated by spaces. Messages mean nothing to it.
//
// Owned by the AdapterHub. Shard: any; immutable.
class BuiltinMetadata final : public session::MetadataPort {
 public:
  // Both must outlive this.
  BuiltinMetadata(const Courier& courier, const config::AdapterSet& set)
      : courier_(courier), set_(set), families_(set.policy.item_families) {}

  void OpenSession(const session::OpenQuery& query,
                   session::Reply<session::OpenGrant> reply) override;
  void CloseSession(std::string /*session_id*/, std::optional<std::string> /*user*/) override {}
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override;
  void SendMessage(session::MessageQuery query,
                   session::Reply<session::MessageOutcome> reply) override;
  void CloseTable(std::string /*session_id*/, session::Table /*table*/) override {}

 private:
  bool MayEnter(const session::OpenQuery& query) const;
  std::variant<session::SubscribeGrant, tlcp::Error> Decide(session::SubscribeQuery query) const;

  const Courier& courier_;
  const config::AdapterSet& set_;
  const ItemFamilies families_;
};

}  // namespace penstock::adapters
