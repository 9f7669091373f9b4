// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>

#include "penstock/adapter/host_options.h"

namespace penstock::adapter {

// The cells behind HostCounters. Owner: shared by a host and by the subscription handles, which may
// outlive it. Thread: any; nothing is ordered by them.
struct CounterCells {
  using Cell = std::atomic<uint64_t>;
  Cell connections{0};
  Cell turned_away{0};
  Cell requests{0};
  Cell malformed{0};
  Cell events{0};
  Cell events_closed{0};
  Cell events_refused{0};
  Cell events_blocked{0};
  Cell keepalives{0};
  Cell writes{0};
  Cell bytes{0};

  static void Add(Cell& cell, uint64_t n = 1) { cell.fetch_add(n, std::memory_order_relaxed); }

  HostCounters Read() const {
    HostCounters c;
    c.connections = connections.load(std::memory_order_relaxed);
    c.turned_away = turned_away.load(std::memory_order_relaxed);
    c.requests = requests.load(std::memory_order_relaxed);
    c.malformed = malformed.load(std::memory_order_relaxed);
    c.events = events.load(std::memory_order_relaxed);
    c.events_closed = events_closed.load(std::memory_order_relaxed);
    c.events_refused = events_refused.load(std::memory_order_relaxed);
    c.events_blocked = events_blocked.load(std::memory_order_relaxed);
    c.keepalives = keepalives.load(std::memory_order_relaxed);
    c.writes = writes.load(std::memory_order_relaxed);
    c.bytes = bytes.load(std::memory_order_relaxed);
    return c;
  }
};

}  // namespace penstock::adapter
