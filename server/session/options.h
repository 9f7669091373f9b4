// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/adapter_set.h"
#include "session/message_queue.h"
#include "tlcp/value_diff.h"

namespace penstock::session {

// How values may go out as differences (TLCP §5.4, §5.5). Shard: any; immutable.
struct DiffPolicy {
  DiffOrder default_order;  // of fields whose adapter declares none
  tlcp::DiffLimits limits;
};

// What the operator chose that concerns sessions; the app fills it from the configuration.
// Shard: any; immutable.
struct Options {
  std::string server_name;
  std::uint32_t node = 0;          // of a cluster; 0 = none
  std::string control_link = "*";  // where clients are to come back to (TLCP §1.6)
  bool client_ip_hidden = false;
  Millis keepalive{5000};
  Millis keepalive_min{1000};
  Millis keepalive_max{30000};
  Millis timeout{10000};   // unbound sessions wait that long for a bind
  Millis recovery{13000};  // and so long after their connection broke; 0: nothing is kept for it
  std::size_t recovery_max_bytes = 64 * 1024;
  std::chrono::seconds max_duration{0};  // 0 = no limit
  Millis streaming_max{0};               // of one HTTP response; 0 = no limit
  int keepalive_jitter_percent = 10;
  Millis polling_min{0};  // between the begins of two polls
  Millis idle_max{30000};
  Millis polling_max{15000};
  std::int64_t content_length = 4'000'000;
  std::int64_t content_length_min = 1000;
  std::int64_t request_limit = 50'000;
  std::chrono::seconds sync_interval{20};
  Millis max_delay{20};        // coalescing window
  bool adaptive_delay = true;  // it shrinks to none while the shard has time to spare
  bool delta_delivery = true;  // false: every field in every update
  DiffPolicy diffs;
  std::size_t max_buffer_bytes = 1024 * 1024;  // of the values of one item
  int max_buffer_size = 1000;                  // events that may wait for one subscriber of an item
  double max_frequency = 0;       // of every item, RAW excepted, updates/s; 0 = no limit
  double max_bandwidth_kbps = 0;  // of every session; 0 = no limit
  Millis slow_client_timeout{0};  // a session ends whose link takes nothing so long; 0 = none does
  Millis item_linger{5000};       // items of a session that has ended stay subscribed so long
  std::size_t max_sessions = 0;   // 0 = no limit
  std::size_t max_subscriptions = 10'000;
  std::size_t max_items = 10'000;  // of one subscription
  std::size_t max_fields = 1'000;
  std::size_t max_session_items = 100'000;
  std::size_t max_pending_controls = 1'000;
  std::uint32_t request_rate = 0;       // of a session, a second; 0 = no limit
  std::uint32_t message_rate = 0;       // the same of messages
  std::size_t max_creates_pending = 0;  // of all shards, at Metadata Adapters; 0 = no limit
  MessageLimits messages;
  std::vector<AdapterSet> adapter_sets;

  const AdapterSet* FindSet(std::string_view id) const {
    for (const AdapterSet& set : adapter_sets) {
      if (set.id == id) return &set;
    }
    return nullptr;
  }
};

}  // namespace penstock::session
