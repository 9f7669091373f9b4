// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "transport/http/cors.h"

namespace penstock::endpoint {

// What a listener is for.
enum class Role : std::uint8_t {
  kGeneral,
  kCreateOnly,   // new sessions, and what concerns them on the WebSocket where they began
  kControlOnly,  // all but new sessions
  kInternal      // all, for operators: limits that protect from strangers do not hold there
};

// A place where clients connect. Shard: any; immutable.
struct ListenerProfile {
  std::string name;
  Role role = Role::kGeneral;
  std::string address;
  std::uint16_t port = 0;
  bool ipv6_only = false;
  int backlog = 0;  // 0 = as the system has it
  http::OriginPolicy origins;
  std::string response_headers;         // whole lines, each with its CRLF
  std::size_t max_connections = 0;      // 0 = no limit
  bool proxy_protocol = false;          // each connection begins with a header of it, else none may
  Millis proxy_protocol_timeout{1000};  // until that header is there
  std::size_t forward_hops = 0;         // proxies in front that write X-Forwarded-For; 0 = ignored
  bool secure = false;                  // TLS is spoken here
  Millis handshake_timeout{0};          // of TLS; 0 = none
  bool websocket = true;                // false: refused, and clients fall back to HTTP
  std::vector<std::string> echoed_headers;  // of a request, sent back with its answer

  // Whether the limits on connections, addresses and users hold here.
  bool limited() const { return role != Role::kInternal; }
};

// What is sent as gzip to HTTP clients that take it; never WebSockets.
enum class Compression : std::uint8_t {
  kOff,
  kAuto,  // pages, and whole answers of some size
  kOn,    // streams too, at Gzip::Memory::kStream each
};

// Shard: any; immutable.
struct Options {
  std::size_t max_head_bytes = 16 * 1024;
  std::size_t max_headers = 100;
  std::size_t request_limit = 50'000;  // of one body or WebSocket message
  std::size_t send_backlog = 256 * 1024;
  bool batch_sends = true;
  Millis read_timeout{20'000};    // of a request, and of an idle connection; 0 = none
  Millis write_timeout{120'000};  // of a client that does not read; 0 = none
  std::size_t max_ws_frame = 0;   // longer messages go out in fragments; 0 = no limit
  Millis closing_wait{2'000};     // for the client's answer to a close frame
  Compression compression = Compression::kAuto;
  std::size_t compression_threshold = 1024;  // of a whole answer
  // What a request that is under way must bring a second, beyond the read timeout.
  std::uint32_t min_body_rate = 1000;
  std::uint32_t request_rate = 0;        // of a session; ten times as much on a connection ends it
  std::uint32_t control_frame_rate = 0;  // of a WebSocket, a second; 0 = no limit, as above
};

}  // namespace penstock::endpoint
