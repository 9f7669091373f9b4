// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/key_paces.h"

#include <gtest/gtest.h>

namespace penstock::session {
namespace {

constexpr TimePoint At(int millis) { return TimePoint(Millis(millis)); }

TEST(KeyPaces, AKeyMayGoAgainWhenItsTimeHasCome) {
  KeyPaces paces;
  EXPECT_TRUE(paces.MayGo("k", At(1000)));
  paces.Sent("k", At(1000), Millis(100));
  EXPECT_FALSE(paces.MayGo("k", At(1099)));
  EXPECT_TRUE(paces.MayGo("other", At(1099)));
  EXPECT_TRUE(paces.MayGo("k", At(1100)));
}

TEST(KeyPaces, BeingLateDoesNotPutOffWhatComesBehind) {
  EXPECT_EQ(NextDue(At(1000), At(1030), Millis(100)), At(1100));
  EXPECT_EQ(NextDue(At(1000), At(1080), Millis(100)), At(1130));  // not two at once either
  EXPECT_EQ(NextDue(At(1000), At(5000), Millis(100)), At(5100));
}

TEST(KeyPaces, WhatWaitsComesInTheOrderOfItsTime) {
  KeyPaces paces;
  paces.Sent("slow", At(1000), Millis(200));
  paces.Sent("fast", At(1000), Millis(100));
  EXPECT_TRUE(paces.Defer("slow", At(1001)));
  EXPECT_TRUE(paces.Defer("fast", At(1001)));
  EXPECT_FALSE(paces.Defer("fast", At(1002)));
  EXPECT_EQ(paces.waiting(), 2u);
  const TimePoint first = paces.next_due();
  EXPECT_EQ(paces.TakeDue(first - Millis(1)), std::nullopt);
  EXPECT_EQ(paces.TakeDue(first), "fast");
  EXPECT_EQ(paces.TakeDue(At(2000)), "slow");
  EXPECT_EQ(paces.TakeDue(At(2000)), std::nullopt);
  EXPECT_EQ(paces.next_due(), TimePoint::max());
}

TEST(KeyPaces, AForgottenKeyDoesNotCome) {
  KeyPaces paces;
  paces.Defer("k", At(1000));
  EXPECT_TRUE(paces.Forget("k"));
  EXPECT_FALSE(paces.Forget("k"));
  EXPECT_EQ(paces.waiting(), 0u);
  EXPECT_EQ(paces.TakeDue(At(9000)), std::nullopt);
}

TEST(KeyPaces, WithoutAnIntervalWhatWaitsMayGo) {
  KeyPaces paces;
  paces.Sent("waits", At(1000), Millis(60'000));
  paces.Sent("rests", At(1000), Millis(60'000));
  paces.Defer("waits", At(1001));
  paces.Restart(At(1002));
  EXPECT_EQ(paces.size(), 1u);
  EXPECT_TRUE(paces.MayGo("rests", At(1002)));
  EXPECT_EQ(paces.TakeDue(At(1002)), "waits");
}

TEST(KeyPaces, AnotherIntervalCountsFromTheLastEvent) {
  KeyPaces paces;
  paces.Sent("waits", At(1000), Millis(100));
  paces.Sent("rests", At(1000), Millis(100));
  paces.Defer("waits", At(1001));
  paces.Stretch(Millis(400));
  EXPECT_EQ(paces.next_due(), At(1500));
  EXPECT_FALSE(paces.MayGo("rests", At(1499)));
  paces.Stretch(Millis(-480));
  EXPECT_EQ(paces.TakeDue(At(1019)), std::nullopt);
  EXPECT_EQ(paces.TakeDue(At(1020)), "waits");
  EXPECT_TRUE(paces.MayGo("rests", At(1020)));
}

TEST(KeyPaces, WithoutAnIntervalNothingIsRemembered) {
  KeyPaces paces;
  paces.Sent("k", At(1000), Millis(100));
  paces.Sent("k", At(2000), Duration::zero());
  EXPECT_EQ(paces.size(), 0u);
}

}  // namespace
}  // namespace penstock::session
