// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>

#include "penstock/adapter/host_counters.h"

namespace penstock::adapter {

// One number that grows. Thread: any; nothing is ordered by it.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// The cells behind ServerCounters. Owner: shared by a node and by the outboxes of its connections.
struct NodeCells {
  Counter connections;
  Counter turned_away;
  Counter requests;
  Counter malformed;
  Counter events;
  Counter conflated;
  Counter lost;
  Counter state_events;
  Counter events_sent;
  Counter resyncs;
  Counter keepalives;
  Counter writes;
  Counter bytes;

  // All but the name, the state and the queue.
  ServerCounters Read() const {
    ServerCounters c;
    c.connections = connections.value();
    c.turned_away = turned_away.value();
    c.requests = requests.value();
    c.malformed = malformed.value();
    c.events = events.value();
    c.conflated = conflated.value();
    c.lost = lost.value();
    c.state_events = state_events.value();
    c.events_sent = events_sent.value();
    c.resyncs = resyncs.value();
    c.keepalives = keepalives.value();
    c.writes = writes.value();
    c.bytes = bytes.value();
    return c;
  }
};

// What became of the calls of subscription handles, behind HostCounters. Owner: shared by a host
// and the handles.
struct EventCells {
  Counter closed;
  Counter refused;
  Counter blocked;
  Counter blocked_micros;
  Counter unkept;
};

}  // namespace penstock::adapter
