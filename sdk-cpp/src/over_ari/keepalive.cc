// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/keepalive.h"

#include <algorithm>

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMinimum{1000};
constexpr milliseconds kDefault{10000};

}  // namespace

milliseconds KeepaliveInterval(std::optional<milliseconds> configured,
                               std::optional<int64_t> hint_millis) {
  const milliseconds hint(hint_millis.value_or(0));
  const bool hinted = hint > milliseconds(0);
  if (!configured) return hinted ? std::max(kMinimum, std::min(hint, kDefault)) : kDefault;
  if (*configured <= milliseconds(0)) return hinted ? std::max(kMinimum, hint) : milliseconds(0);
  if (hinted && hint < *configured) return std::max(kMinimum, hint);
  return *configured;
}

}  // namespace penstock::adapter
