// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

namespace penstock::ws {

// RFC 6455 section 7.4. The comment says when we send it.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,           // the session ended, or the peer closed
  kGoingAway = 1001,        // the server drains
  kProtocolError = 1002,    // the peer broke RFC 6455
  kUnsupportedData = 1003,  // a binary message where text is spoken
  kNoStatus = 1005,         // never on the wire: a close frame came without a code
  kAbnormal = 1006,         // never on the wire: the connection ended without a close frame
  kInvalidPayload = 1007,   // text that is not UTF-8
  kPolicyViolation = 1008,  // a peer that does not read, or asks too much
  kMessageTooBig = 1009,    // beyond the limit of a message
  kInternalError = 1011,    // our own fault
  kServiceRestart = 1012,   // come back at once
  kTryAgainLater = 1013,    // overload
};

// Whether a peer may put this code into a close frame.
constexpr bool IsSendableCloseCode(std::uint16_t code) {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace penstock::ws
