// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "adapters/client_control.h"
#include "adapters/proxy_counters.h"
#include "adapters/rarely.h"
#include "adapters/remote/metadata_link.h"
#include "base/string_hash.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// What a remote Metadata Adapter asks of the server: to end a session or one of its subscriptions.
// While the call that tells the adapter of the session (NNS) or of the subscription (NNT) has no
// answer yet, nobody knows whether there will be one: the wish is held until then (ari.md §3.11,
// §3.12).
//
// Owned by RemoteMetadata. Shard: the proxy's. The number of wishes under way is bounded.
class ReverseCalls {
 public:
  static constexpr std::size_t kMost = 10'000;

  // All must outlive this.
  struct Place {
    ClientControl& control;
    runtime::Shard& shard;
    ProxyCounters& counters;
  };

  ReverseCalls(Place place, std::string adapter_set, std::string proxy_name)
      : place_(place), adapter_set_(std::move(adapter_set)), proxy_name_(std::move(proxy_name)) {}

  // The call is under way, until On...Told(), however it ends.
  void BeforeSession(const std::string& session_id) { running_.try_emplace(session_id); }
  void OnSessionTold(const std::string& session_id) { Release(session_id); }
  void BeforeTable(const std::string& session_id, int win_index) {
    running_.try_emplace(KeyOf(session_id, win_index));
  }
  void OnTableTold(const std::string& session_id, int win_index) {
    Release(KeyOf(session_id, win_index));
  }

  void EndSession(std::string session_id, const std::optional<AdapterCause>& cause,
                  Done<Void> done);
  // True: done, or there was nothing to do.
  void EndSubscription(std::string session_id, int win_index, Done<bool> done);

 private:
  static std::string KeyOf(const std::string& session_id, int win_index) {
    return session_id + '/' + std::to_string(win_index);
  }
  // False if there are too many already.
  bool Begin();
  void HoldOrRun(const std::string& key, runtime::Task task);
  void Release(const std::string& key);
  tlcp::Error ToError(const std::string& session_id, const std::optional<AdapterCause>& cause);

  // Fixed after construction.
  const Place place_;
  const std::string adapter_set_;
  const std::string proxy_name_;

  // State.
  std::size_t under_way_ = 0;
  // What waits for the end of each NNS and NNT under way.
  absl::flat_hash_map<std::string, std::vector<runtime::Task>, StringHash, std::equal_to<>>
      running_;
  Rarely warning_;
};

}  // namespace penstock::adapters
