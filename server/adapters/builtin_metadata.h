// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "adapters/courier.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// The policy of an Adapter Set that names no Metadata Adapter: everybody on this machine may
// enter and see every item, in every mode, without limits; nobody else may enter. Groups and
// schemas are lists separated by spaces.
//
// Owned by the AdapterHub. Shard: any; has no state.
class BuiltinMetadata final : public session::MetadataPort {
 public:
  BuiltinMetadata(const Courier& courier, std::string adapter_set)
      : courier_(courier), adapter_set_(std::move(adapter_set)) {}

  void OpenSession(session::OpenQuery query, session::Reply<session::OpenGrant> reply) override;
  void CloseSession(std::string /*session_id*/) override {}
  void Authorize(session::SubscribeQuery query,
                 session::Reply<session::SubscribeGrant> reply) override;
  void CloseTable(std::string /*session_id*/, session::Table /*table*/) override {}

 private:
  const Courier& courier_;
  const std::string adapter_set_;
};

}  // namespace penstock::adapters
