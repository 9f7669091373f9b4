// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/adapter/export.h"
#include "penstock/adapter/tls_options.h"
#include "penstock/adapter/types.h"

namespace penstock::adapter {

// What becomes of an event when the outgoing queue is full. Each server has a queue of its own. One
// that is full while another has room never holds the provider up: it misses events, and is brought
// up to date from the kept state of the items when it has room again (see StateRule): MERGE: one
// event with the newest value of each field that changed; COMMAND: the rows that changed, or a
// clear and all rows if one was deleted; DISTINCT: the missed events, or, if not all of them were
// kept, a clear and those that were. ServerCounters says exactly how many it missed. The policy is
// for the moment when all ready servers are full, with one server whenever it is. It is also for an
// event that no server of the item has room for and that the state cannot make up for: of an item
// that is not kept (RAW), or of DISTINCT beyond the events that are. Items of these two modes must
// be declared by RuleOf(): the library cannot see their mode, and takes them for MERGE otherwise.
enum class QueuePolicy {
  kBlock,     // waits for room: the provider runs at the pace of the fastest server
  kRefuse,    // returns PushResult::kFull at once; the provider decides
  kConflate,  // items that RuleOf() declares kMerge: takes the event, and sends the newest values
              // when there is room; all others: as kBlock, so that nothing is merged in secret
};

enum class LogLevel { kDebug, kInfo, kWarning, kError };

enum class HostState {
  kStopped,     // not started, or stopped
  kConnecting,  // dials, waits until it is time to, or waits for a server that dials
  kInit,        // connected; the server's init request has not been answered yet
  kReady,       // serves requests
};

// What a host tells about itself.
// Thread: the host's own, one that calls a handle included, with no lock held; OnState one at a
// time, OnLog any number at once. They must not block and
// must not call Stop().
class PENSTOCK_SDK_EXPORT HostListener {
 public:
  virtual ~HostListener();
  // One line, without a time and a line end. Passwords never appear in it.
  virtual void OnLog(LogLevel level, std::string_view text);
  // The connection to one of the servers, named as in HostOptions::servers, has changed. `reason`
  // says why, for kConnecting and kStopped: "connection refused", or the server's own words when it
  // closed the connection ("keepalive timeout", "wrong credentials").
  virtual void OnState(std::string_view server, HostState state, std::string_view reason);
};

// How a host reaches its servers, and what it may use. All have sensible defaults but the servers.
struct HostOptions {
  // For the log; with several hosts in one process, a telling name.
  std::string name = "adapter";

  // Where the servers' proxies are met, one string each:
  //   tcp://host:port               the host dials the proxy's request_reply_port
  //   tcp://host:port?notify=port   and its notify_port: the two-connection form, for data adapters
  //                                 only. One connection needs a server of protocol 1.9.1.
  //   tls://host:port               the same over TLS, with one connection or two
  //   tcp-listen://address:port     the host listens, for a proxy that dials (its remote_host); one
  //   tls-listen://address:port     connection at a time, others are turned away meanwhile
  //   grpc://host:port/set/name     the host dials, for gRPC; the Adapter Set's id and the Data
  //   grpcs://host:port/set/name    Adapter's name, of a metadata adapter the id alone
  //   grpc-listen://address:port    the host listens, for a proxy that dials over gRPC; one stream
  //   grpcs-listen://address:port   at a time. The names may stand behind the port as above
  // An IPv6 address stands in brackets. Without an address a listener takes the loopback's, with
  // port 0 any free port, which it logs. The host keeps a connection with each of them.
  std::vector<std::string> servers = {};

  // Sent at the start of each connection, to each of the servers alike, if set; readable on the way
  // unless the endpoint says "tls" or "grpcs". A user needs a password. A password without a user
  // is a bearer token over gRPC; ARI refuses it.
  std::optional<std::string> user = {};
  std::optional<std::string> password = {};

  // For all endpoints that say "tls" or "grpcs"; servers that need others, or other credentials,
  // need a host of their own.
  TlsOptions tls = {};

  // Overlay the parameters that the server sends to Init().
  Params params = {};

  // Longest silence towards the server before a keepalive line, or, over gRPC, HTTP/2's ping, which
  // comes after 10 s at the soonest. Absent: what the server asks for, 10 s if it does not. Zero
  // or less: none unless the server asks for them. Never under 1 s by the server's wish.
  std::optional<std::chrono::milliseconds> keepalive = {};

  // A connection that is refused or lost is tried again: after a random time between half and all
  // of a delay that doubles from `min_backoff` to `max_backoff`, and starts over once a connection
  // was ready for at least `max_backoff`. Who listens accepts the next server at once.
  bool reconnect = true;
  std::chrono::milliseconds min_backoff{500};
  std::chrono::milliseconds max_backoff{30000};
  // For each attempt, with its TLS handshake; and, of a server that dials, until its init request,
  // behind a handshake of 3 s at most (over gRPC 2 s if another one waits). No time here, and none
  // given to Stop(), counts for more than 24 hours.
  std::chrono::milliseconds connect_timeout{10000};

  // Threads that run the provider's calls; at least 1.
  size_t worker_threads = 4;
  // Requests of one server that wait for a thread, or for an earlier one of the same item; beyond
  // this the host stops reading from that server until there is room.
  size_t max_pending_requests = 100000;

  // Bound of the events waiting to be written to one server; answers are never held back. While
  // that much is being written as much again may wait, so that a server takes twice this memory at
  // most, and what one event, or one item's kept state, goes beyond it.
  size_t max_queued_bytes = size_t{16} << 20;
  QueuePolicy queue_policy = QueuePolicy::kBlock;

  // Bound of the items' kept state, of all items together (see StateRule). An item that goes beyond
  // it is kept no more until it is subscribed anew: said in the log and counted. A server that
  // misses events of it is told a clear, and one that comes to it later gets no snapshot.
  size_t max_kept_bytes = size_t{256} << 20;

  // A longer line or message from the server ends the connection.
  size_t max_line_bytes = size_t{16} << 20;

  // Told what happens, if set; must outlive the host.
  HostListener* listener = nullptr;
};

}  // namespace penstock::adapter
