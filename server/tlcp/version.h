// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tlcp/codes.h"

namespace penstock::tlcp {

// A version of the protocol; that of a session is the one its create_session named. The predicates
// are the gates of the protocol's history: what an older client would not understand.
struct Version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;

  auto operator<=>(const Version&) const = default;

  // 2.0.0 to 2.5.0.
  bool IsSupported() const;

  // Third argument of MSGDONE: always from 2.5.0 on, never before.
  bool HasMessageResponse() const { return *this >= Version{2, 5, 0}; }
  // Field values ^P and ^T.
  bool HasValueDiffs() const { return *this >= Version{2, 4, 0}; }
  // Code 3 on control requests.
  bool HasIncompatibleSessionCode() const { return *this >= Version{2, 3, 0}; }
  // CONERR 5, 6 and 70.
  bool HasRecovery() const { return *this >= Version{2, 1, 0}; }
  bool HasTryLaterCodes() const { return *this >= Version{2, 2, 0}; }

  std::string ToString() const;
};

inline constexpr Version kOldestVersion{2, 0, 0};
inline constexpr Version kNewestVersion{2, 5, 0};

// Suffix of the WebSocket sub-protocol after "TLCP-<version>".
inline constexpr std::string_view kSubprotocolSuffix = ".lightstreamer.com";

// "TLCP-2.5.0": any version of that form, supported or not.
std::optional<Version> ParseProtocol(std::string_view text);

// "TLCP-2.5.0.lightstreamer.com". A handshake naming an unsupported version is accepted and
// echoed; the refusal comes as the answer to the first request.
std::optional<Version> ParseSubprotocol(std::string_view text);

// Code 65 with the text clients know: "Unsupported protocol version: 9.0.0". `protocol` is what the
// client wrote, with or without "TLCP-".
Error UnsupportedProtocol(std::string_view protocol);

}  // namespace penstock::tlcp
