// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/rate.h"

#include <gtest/gtest.h>

#include "protection/seat.h"

namespace penstock::protection {
namespace {

using std::chrono::seconds;

const TimePoint kBegin = TimePoint() + std::chrono::hours(1);

int TakeAll(Rate& rate, TimePoint now, std::uint32_t per_second) {
  int taken = 0;
  while (rate.Take(now, per_second)) ++taken;
  return taken;
}

TEST(Rate, AllowsTwoSecondsWorthAtOnceAndThenThePace) {
  Rate rate;
  EXPECT_EQ(TakeAll(rate, kBegin, 10), 20);
  EXPECT_EQ(TakeAll(rate, kBegin + Millis(99), 10), 0);
  EXPECT_EQ(TakeAll(rate, kBegin + Millis(100), 10), 1);
  EXPECT_EQ(TakeAll(rate, kBegin + seconds(1), 10), 9);
}

TEST(Rate, DoesNotSaveUpBeyondTheBurst) {
  Rate rate;
  EXPECT_TRUE(rate.Take(kBegin, 5));
  EXPECT_EQ(TakeAll(rate, kBegin + seconds(1000), 5), 10);
}

TEST(Rate, ZeroIsNoLimit) {
  Rate rate;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(rate.Take(kBegin, 0));
  EXPECT_TRUE(rate.Rested(kBegin));
}

TEST(Rate, TellsHowLongToWaitWhenTakenInAdvance) {
  Rate rate;
  EXPECT_EQ(TakeAll(rate, kBegin, 1), 2);
  EXPECT_EQ(rate.Wait(kBegin, 1), Duration(seconds(1)));
  rate.Spend(kBegin, 1);
  EXPECT_EQ(rate.Wait(kBegin, 1), Duration(seconds(2)));
  EXPECT_FALSE(rate.Rested(kBegin + seconds(2)));
  EXPECT_TRUE(rate.Rested(kBegin + seconds(3)));
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
