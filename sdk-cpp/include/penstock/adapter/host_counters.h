// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "penstock/adapter/host_options.h"

namespace penstock::adapter {

// What went to and came from one server, over all its connections. Each event that was taken while
// the server had its item counts for that server as one of: events, conflated, lost.
struct ServerCounters {
  std::string server = {};  // as in HostOptions::servers
  HostState state = HostState::kStopped;
  uint64_t connections = 0;   // that got as far as kReady
  uint64_t turned_away = 0;   // that came to a listening endpoint and were not let in
  uint64_t requests = 0;      // received
  uint64_t malformed = 0;     // lines that could not be understood
  uint64_t events = 0;        // queued for it, as they are
  uint64_t conflated = 0;     // missed, and merged into the item's later state, which it is told
                              // if it still wants it then; a clear if the state was given up
  uint64_t lost = 0;          // missed, of an item where each event counts, and never told
  uint64_t state_events = 0;  // queued for it out of the kept state
  uint64_t events_sent = 0;   // of events and state_events, written
  uint64_t resyncs = 0;       // items brought up to date after it had been full
  uint64_t keepalives = 0;    // sent
  uint64_t writes = 0;        // system calls; each takes all that is queued
  uint64_t bytes = 0;         // sent
  uint64_t queued_bytes = 0;  // waiting now
};

// What a host has done since it was made. Read at any time, from any thread; the numbers only grow,
// but for those that say "now".
struct HostCounters {
  // All servers together; `server` is empty.
  ServerCounters total = {};
  std::vector<ServerCounters> servers = {};

  // Calls of the provider's handles, whatever the servers:
  uint64_t events_closed = 0;   // answered kClosed
  uint64_t events_refused = 0;  // answered kFull
  uint64_t events_blocked = 0;  // that had to wait for room
  uint64_t blocked_millis = 0;  // how long they waited, all together

  uint64_t kept_bytes = 0;    // of state, now
  uint64_t items_unkept = 0;  // of which the state was given up, see HostOptions::max_kept_bytes
};

}  // namespace penstock::adapter
