// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/proxy_counters.h"
#include "base/clock.h"
#include "base/log_pace.h"
#include "config/settings.h"
#include "runtime/shard.h"

namespace penstock::adapters {

class AriConnection;

// What a channel is for; fixed.
struct AriChannelSettings {
  const config::ProxySettings& proxy;  // must outlive the channel
  bool is_metadata = false;
  std::optional<std::uint16_t> notify_port;
  std::string adapter_set;
  std::string data_adapter;  // empty for metadata
  std::string server_instance_id;
  const config::Limits& limits;  // likewise
  // Leaves item lists out for the one adapter kit that cannot read them (ari.md §3.8).
  bool node_item_list_workaround = false;
};

// What a channel shares with its candidates and its remote adapters. Owned by the AriChannel,
// outlives them. Shard: the proxy's.
class AriChannelContext {
 public:
  AriChannelContext(runtime::Shard& shard_in, AriChannelSettings settings_in,
                    ProxyCounters& counters_in);

  // Tells the peer why, and closes.
  void Refuse(std::unique_ptr<AriConnection> connection, std::string_view reason);
  // A packet that is skipped: counted, and logged once a minute.
  void CountMalformed(const AriConnection& connection, std::string_view method,
                      std::string_view why);
  // A connection that came to nothing, whatever the reason: not every one has its line.
  void LogRefusal(std::string_view peer, std::string_view reason) {
    Log(refusals_, "connection of a remote adapter refused", peer, reason);
  }
  // The same of one that was to be initialised. Those that `spoke` may be the remote adapter, and
  // those that did not shall not hide what is wrong with it.
  void LogNotLetIn(std::string_view peer, std::string_view reason, bool spoke) {
    Log(spoke ? failures_ : refusals_, "remote adapter not let in", peer, reason);
  }
  // The same of one that may be a remote adapter.
  void LogArrival(std::string_view peer);
  // Behind every request of every connection, so that no two have the same id.
  std::uint64_t NextRequest() { return ++last_request_; }

  // Fixed after construction.
  runtime::Shard& shard;
  const AriChannelSettings settings;
  ProxyCounters& counters;

 private:
  void Log(LogPace& pace, std::string_view what, std::string_view peer, std::string_view reason);

  // State.
  std::uint64_t last_request_ = 0;
  TimePoint malformed_logged_ = TimePoint::min();
  LogPace arrivals_;
  LogPace refusals_;
  LogPace failures_;
};

}  // namespace penstock::adapters
