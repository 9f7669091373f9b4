// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/login_guard.h"

#include <gtest/gtest.h>

namespace penstock::adapters {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kStranger[] = "10.0.0.7";

config::Limits Limits() {
  config::Limits limits;
  limits.login_failures = 3;
  limits.login_delay_max = std::chrono::milliseconds(5000);
  return limits;
}

class LoginGuardTest : public testing::Test {
 protected:
  void Fail(int times, const std::string& address = kStranger) {
    for (int i = 0; i < times; ++i) guard_.OnWrong(address, now_);
  }
  bool TurnsAwayAfter(Duration wait, const std::string& address = kStranger) {
    return guard_.TurnsAway(address, now_ + wait);
  }

  LoginGuard guard_{Limits()};
  TimePoint now_{minutes(100)};
};

TEST_F(LoginGuardTest, SomeFailuresAreFree) {
  Fail(2);
  EXPECT_FALSE(TurnsAwayAfter(seconds(0)));
  Fail(1);
  EXPECT_TRUE(TurnsAwayAfter(seconds(0)));
  EXPECT_FALSE(TurnsAwayAfter(seconds(1)));
}

TEST_F(LoginGuardTest, EachFurtherOneCostsTwiceAsMuchUpToABound) {
  Fail(4);
  EXPECT_TRUE(TurnsAwayAfter(std::chrono::milliseconds(1999)));
  EXPECT_FALSE(TurnsAwayAfter(seconds(2)));
  Fail(40);
  EXPECT_TRUE(TurnsAwayAfter(std::chrono::milliseconds(4999)));
  EXPECT_FALSE(TurnsAwayAfter(seconds(5)));
}

TEST_F(LoginGuardTest, ANetworkOfIpv6IsOneStranger) {
  Fail(1, "2001:db8:1:2::1");
  Fail(1, "2001:db8:1:2::2");
  Fail(1, "2001:db8:1:2:ffff::3");
  EXPECT_TRUE(TurnsAwayAfter(seconds(0), "2001:db8:1:2::4"));
  EXPECT_FALSE(TurnsAwayAfter(seconds(0), "2001:db8:1:3::1"));
  guard_.OnRight("2001:db8:1:2::5");
  EXPECT_FALSE(TurnsAwayAfter(seconds(0), "2001:db8:1:2::4"));
}

TEST_F(LoginGuardTest, OthersNoticeNothing) {
  Fail(10);
  EXPECT_FALSE(TurnsAwayAfter(seconds(0), "10.0.0.8"));
}

TEST_F(LoginGuardTest, RightOnesAndTimeWipeThePast) {
  Fail(3);
  guard_.OnRight(kStranger);
  EXPECT_FALSE(TurnsAwayAfter(seconds(0)));
  Fail(3);
  now_ += minutes(10);
  Fail(2);
  EXPECT_FALSE(TurnsAwayAfter(seconds(0)));
}

TEST_F(LoginGuardTest, TrustedAddressesAreNeverTurnedAway) {
  Fail(10, "127.0.0.1");
  EXPECT_FALSE(TurnsAwayAfter(seconds(0), "127.0.0.1"));
}

TEST_F(LoginGuardTest, ForgetsWhoWasQuietLongestWhenThereAreTooMany) {
  Fail(3);
  now_ += seconds(0);
  for (std::size_t i = 0; i < LoginGuard::kMaxAddresses; ++i) {
    now_ += std::chrono::microseconds(1);
    Fail(3, "10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  }
  EXPECT_FALSE(TurnsAwayAfter(seconds(0)));
  EXPECT_TRUE(TurnsAwayAfter(seconds(0), "10.1.0.0"));
}

}  // namespace
}  // namespace penstock::adapters
