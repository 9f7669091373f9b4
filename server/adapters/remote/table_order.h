// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "adapters/request_gate.h"
#include "base/string_hash.h"

namespace penstock::adapters {

// Where it is wanted (sequentialize_table_notifications), the notifications about the tables of one
// session, NNT and NTC, are made one after the other (ari.md §3.9).
// Owned by RemoteMetadata. Shard: the proxy's. Each one that starts ends in Leave().
class TableOrder {
 public:
  explicit TableOrder(bool on) : on_(on) {}

  void Enter(const std::string& session_id, runtime::Task start) {
    if (!on_) {
      start();
      return;
    }
    std::unique_ptr<RequestGate>& place = sessions_[session_id];
    if (place == nullptr) place = std::make_unique<RequestGate>(1, 0);
    RequestGate& gate = *place;  // the place may move meanwhile
    gate.Enter(std::move(start));
    EraseIfIdle(session_id);
  }
  void Leave(const std::string& session_id) {
    if (!on_) return;
    sessions_.find(session_id)->second->Leave();
    EraseIfIdle(session_id);
  }

 private:
  void EraseIfIdle(const std::string& session_id) {
    const auto it = sessions_.find(session_id);
    if (it != sessions_.end() && it->second->idle()) sessions_.erase(it);
  }

  const bool on_;
  // Sessions with a notification under way.
  absl::flat_hash_map<std::string, std::unique_ptr<RequestGate>, StringHash, std::equal_to<>>
      sessions_;
};

}  // namespace penstock::adapters
