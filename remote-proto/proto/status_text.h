// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::adapter_proto {

// How a log names a status of gRPC: its code, and what comes with it.
inline std::string StatusText(int code, std::string_view message) {
  static constexpr std::array<std::string_view, 17> kNames = {
      "OK",
      "CANCELLED",
      "UNKNOWN",
      "INVALID_ARGUMENT",
      "DEADLINE_EXCEEDED",
      "NOT_FOUND",
      "ALREADY_EXISTS",
      "PERMISSION_DENIED",
      "RESOURCE_EXHAUSTED",
      "FAILED_PRECONDITION",
      "ABORTED",
      "OUT_OF_RANGE",
      "UNIMPLEMENTED",
      "INTERNAL",
      "UNAVAILABLE",
      "DATA_LOSS",
      "UNAUTHENTICATED",
  };
  const auto index = static_cast<std::size_t>(code);
  std::string text(index < kNames.size() ? kNames[index] : "an unknown status");
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

}  // namespace penstock::adapter_proto
