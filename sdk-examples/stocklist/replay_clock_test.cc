// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/replay_clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace penstock::stocklist {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr ReplayClock::TimePoint kStart{hours(1)};

TEST(ReplayClock, IsDueOnceAPeriod) {
  ReplayClock clock(5, kStart);
  EXPECT_EQ(clock.TakeDue(kStart), 1u);
  EXPECT_EQ(clock.TakeDue(kStart + milliseconds(199)), 0u);
  EXPECT_EQ(clock.TakeDue(kStart + milliseconds(200)), 1u);
  EXPECT_EQ(clock.next(), kStart + milliseconds(400));
}

TEST(ReplayClock, MakesUpForASmallDelay) {
  ReplayClock clock(1000, kStart);
  EXPECT_EQ(clock.TakeDue(kStart + milliseconds(9)), 10u);
}

TEST(ReplayClock, LetsGoWhatALongSleepMissed) {
  ReplayClock clock(5, kStart);
  EXPECT_EQ(clock.TakeDue(kStart + hours(1)), ReplayClock::kMaxBurst);
  EXPECT_EQ(clock.next(), kStart + hours(1) + milliseconds(200));
}

TEST(ReplayClock, KeepsSpeedWithinItsBounds) {
  ReplayClock stopped(0, kStart);
  EXPECT_EQ(stopped.TakeDue(kStart), 1u);
  EXPECT_EQ(stopped.next(), kStart + std::chrono::seconds(100));
}

}  // namespace
}  // namespace penstock::stocklist
