// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>

namespace penstock::adapters {

// A count with one writer, the proxy's shard, and readers anywhere: no locked instruction.
class Count {
 public:
  void Add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What a proxy has seen since the start of the server, over all connections.
// Shard: written by the proxy's, read by any.
struct ProxyCounters {
  Count events;             // handed to the kernel
  Count events_stale;       // of a subscription that is over, or of an item that nobody wants
  Count events_refused;     // snapshot events that events_recovery drops
  Count diff_declarations;  // DFD
  Count requests;
  Count requests_failed;   // answered with an error
  Count items_failed;      // subscriptions that the adapter refused: no data for them
  Count items_resumed;     // subscriptions that went on behind a resume token
  Count items_called_off;  // subscriptions that nobody wanted any more before they could be sent
  Count timeouts;
  Count requests_cancelled;      // the adapter was told that nobody waits any more
  Count late_replies;            // of requests that had timed out, or that nobody made
  Count malformed_lines;         // skipped
  Count forced_terminations;     // FST
  Count forced_unsubscriptions;  // FUS
  Count forced_calls_refused;    // FUS that was not enabled, or too many of both at once
  Count close_notices_repeated;  // NSC and NTC that a new remote adapter was told
  Count close_notices_dropped;   // that none will be told, because too many waited
  Count requests_turned_away;    // too many were under way and too many waited for that
  Count connections;             // that reached the end of the handshake
  Count connections_refused;     // surplus, not on the allow list, wrong credentials, no handshake
  Count connections_lost;
  Count takeovers;            // by a standby
  Count standby_packets;      // that only the active one may send: dropped
  Count addresses_refused;    // not on the allow list
  Count credentials_refused;  // wrong, or none, or too soon after wrong ones
  Count dials;                // attempts to reach a remote adapter
  Count dials_failed;         // that reached none
  Count tls_handshakes;       // that came to their end
  Count tls_handshakes_failed;
  Count tls_plain_peers;  // among these: spoke without TLS
};

}  // namespace penstock::adapters
