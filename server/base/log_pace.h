// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace penstock {

// Bounds the lines about what strangers can cause as often as they like: so many within a while,
// the others are held back, and the next line says how many there were. Shard: that of its owner.
class LogPace {
 public:
  static constexpr int kLines = 10;
  static constexpr Duration kWhile = std::chrono::seconds(10);

  // Whether to write the line; then `held_back()` is the number of those that were not.
  bool Due(TimePoint now) {
    if (now >= until_) {
      until_ = now + kWhile;
      left_ = kLines;
      held_back_ = waiting_;
      waiting_ = 0;
    }
    if (left_ == 0) {
      ++waiting_;
      return false;
    }
    if (--left_ < kLines - 1) held_back_ = 0;
    return true;
  }
  std::uint64_t held_back() const { return held_back_; }

 private:
  TimePoint until_ = TimePoint::min();
  int left_ = 0;
  std::uint64_t waiting_ = 0;
  std::uint64_t held_back_ = 0;
};

}  // namespace penstock
