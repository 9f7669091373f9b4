// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>

#include "config/settings.h"

namespace penstock::adapters {

// Our pings, whichever side has made the connection.
struct GrpcKeepalive {
  int ping_after_millis = 10'000;
  int pong_within_millis = 20'000;
};

// A peer that is gone without a word is noticed in 30 seconds, or as `keepalive_timeout` says.
inline GrpcKeepalive KeepaliveOf(const config::ProxySettings& proxy) {
  const int silence = static_cast<int>(proxy.keepalive_timeout.count());
  if (silence <= 0) return {};
  return {std::max(silence / 2, 1), std::max(silence / 2, 1)};
}

}  // namespace penstock::adapters
