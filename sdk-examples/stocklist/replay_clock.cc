// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/replay_clock.h"

#include <algorithm>

namespace penstock::stocklist {

ReplayClock::ReplayClock(double steps_per_second, TimePoint start)
    : period_(static_cast<std::chrono::nanoseconds::rep>(
          1e9 / std::clamp(steps_per_second, kMinSpeed, kMaxSpeed))),
      next_(start) {}

std::size_t ReplayClock::TakeDue(TimePoint now) {
  std::size_t due = 0;
  while (next_ <= now && due < kMaxBurst) {
    next_ += period_;
    ++due;
  }
  if (next_ <= now) {
    next_ = now + period_;
  }
  return due;
}

}  // namespace penstock::stocklist
