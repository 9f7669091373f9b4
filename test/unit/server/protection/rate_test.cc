// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/rate.h"

#include <gtest/gtest.h>

#include "protection/seat.h"

namespace penstock::protection {
namespace {

using std::chrono::seconds;

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

int TakeAll(Rate& rate, TimePoint now, std::uint32_t per_second) {
  int taken = 0;
  while (rate.Take(now, per_second)) ++taken;
  return taken;
}

TEST(Rate, AllowsTwoSecondsWorthAtOnceAndThenThePace) {
  Rate rate;
  EXPECT_EQ(TakeAll(rate, kStart, 10), 20);
  EXPECT_EQ(TakeAll(rate, kStart + Millis(99), 10), 0);
  EXPECT_EQ(TakeAll(rate, kStart + Millis(100), 10), 1);
  EXPECT_EQ(TakeAll(rate, kStart + seconds(1), 10), 9);
}

TEST(Rate, DoesNotSaveUpBeyondTheBurst) {
  Rate rate;
  EXPECT_TRUE(rate.Take(kStart, 5));
  EXPECT_EQ(TakeAll(rate, kStart + seconds(1000), 5), 10);
}

TEST(Rate, ZeroIsNoLimit) {
  Rate rate;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(rate.Take(kStart, 0));
  EXPECT_TRUE(rate.Rested(kStart));
}

TEST(Rate, TellsHowLongToWaitWhenTakenInAdvance) {
  Rate rate;
  EXPECT_EQ(TakeAll(rate, kStart, 1), 2);
  EXPECT_EQ(rate.Wait(kStart, 1), Duration(seconds(1)));
  rate.Spend(kStart, 1);
  EXPECT_EQ(rate.Wait(kStart, 1), Duration(seconds(2)));
  EXPECT_FALSE(rate.Rested(kStart + seconds(2)));
  EXPECT_TRUE(rate.Rested(kStart + seconds(3)));
}

TEST(Seat, IsGivenBackWhenItDies) {
  std::atomic<std::size_t> taken{0};
  {
    Seat first = Seat::Take(taken, 1);
    EXPECT_TRUE(first);
    EXPECT_FALSE(Seat::Take(taken, 1));
    EXPECT_TRUE(Seat::Take(taken, 0));
    const Seat moved = std::move(first);
    EXPECT_EQ(taken, 1u);
  }
  EXPECT_EQ(taken, 0u);
}

}  // namespace
}  // namespace penstock::protection
