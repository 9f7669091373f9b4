// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>

namespace penstock::stocklist {

// Says when the next steps of a replay are due. A clock that was asked late (a machine that was
// suspended) does not catch up by a burst: what is missed beyond kMaxBurst steps is let go.
// Owned by the replay thread. Shard: that thread. Time comes in as an argument.
class ReplayClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kMaxBurst = 64;
  static constexpr double kMinSpeed = 0.01;
  static constexpr double kMaxSpeed = 10000;

  // `steps_per_second` is kept between kMinSpeed and kMaxSpeed. The first step is due at `start`.
  ReplayClock(double steps_per_second, TimePoint start);

  // How many steps are due at `now`; they count as done.
  [[nodiscard]] std::size_t TakeDue(TimePoint now);

  [[nodiscard]] TimePoint next() const { return next_; }

 private:
  std::chrono::nanoseconds period_;
  TimePoint next_;
};

}  // namespace penstock::stocklist
