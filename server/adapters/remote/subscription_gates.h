// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "adapters/request_gate.h"
#include "base/string_hash.h"
#include "config/settings.h"

namespace penstock::adapters {

// The gates for what a Metadata Adapter is asked and told about subscriptions, from the first
// question to the notice of the end: one of each Data Adapter that limits its requests, and that of
// all other requests for those that do not.
//
// Owned by RemoteMetadata. Shard: the proxy's.
class SubscriptionGates {
 public:
  // `set` has a Metadata Adapter; `others` must outlive this.
  SubscriptionGates(const config::AdapterSet& set, RequestGate& others) : others_(others) {
    for (const config::DataAdapter& data : set.data_adapters) {
      if (data.requests_max_pending == 0) continue;
      own_.emplace(data.name,
                   std::make_unique<RequestGate>(data.requests_max_pending,
                                                 set.metadata_adapter->requests_max_queue));
    }
  }

  RequestGate& Of(std::string_view data_adapter) {
    const auto it = own_.find(data_adapter);
    return it == own_.end() ? others_ : *it->second;
  }

  // `others` is held by its owner.
  void Hold() {
    for (const auto& [name, gate] : own_) gate->Hold();
  }
  void Release() {
    for (const auto& [name, gate] : own_) gate->Release();
  }

 private:
  RequestGate& others_;
  // By the name of the Data Adapter; fixed after construction.
  absl::flat_hash_map<std::string, std::unique_ptr<RequestGate>, StringHash, std::equal_to<>> own_;
};

}  // namespace penstock::adapters
