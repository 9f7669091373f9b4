// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string_view>

#include "ari/status.h"

namespace penstock::ari {

// Every packet of the protocol, by its method token.
enum class Method : uint8_t {
  kUnknown,
  kKeepalive,  // the bare line KEEPALIVE
  kRac,
  kClose,
  kMpi,
  kDpi,
  kNus,
  kNua,
  kNns,
  kNsc,
  kGis,
  kGsc,
  kGit,
  kGui,
  kNum,
  kNnt,
  kNtc,
  kMda,
  kMsa,
  kMdc,
  kFst,
  kFus,
  kSub,
  kUsb,
  kUd3,
  kEos,
  kCls,
  kDfd,
  kFal,
};

inline constexpr std::string_view kKeepaliveLine = "KEEPALIVE\r\n";

// The three letters (or CLOSE, KEEPALIVE) of a method; "" for kUnknown.
std::string_view MethodText(Method method);
Method ParseMethod(std::string_view text);

// True for the packets whose first token is a free timestamp and that nobody answers. A peer must
// tell a reply from a notification by this, never by the first token.
constexpr bool IsNotification(Method m) {
  return m == Method::kUd3 || m == Method::kEos || m == Method::kCls || m == Method::kDfd ||
         m == Method::kFal;
}

// One line cut at its first two separators. All views point into the line.
struct PacketHead {
  std::string_view id;  // request id, or a timestamp in notifications; empty in KEEPALIVE
  Method method = Method::kUnknown;
  std::string_view method_text;  // for the log, when the method is unknown
  std::string_view args;         // what follows the method, without its separator; may be empty
};

// Cuts `line` (no line end). Fails when there is no id or no method token; an unknown method is no
// failure.
Status ParseHead(std::string_view line, PacketHead* head);

}  // namespace penstock::ari
