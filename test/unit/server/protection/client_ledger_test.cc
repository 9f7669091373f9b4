// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/client_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace penstock::protection {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart = TimePoint() + std::chrono::hours(1);

TEST(ClientLedger, CountsConnectionsOfEachClientByItself) {
  ClientLedger ledger({.connections = 2});
  const auto first = ledger.Connect("a", kStart);
  auto second = ledger.Connect("a", kStart);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_FALSE(ledger.Connect("a", kStart));
  EXPECT_TRUE(ledger.Connect("b", kStart));
  second = {};
  EXPECT_TRUE(ledger.Connect("a", kStart));
}

TEST(ClientLedger, CountsSessionsApartFromConnections) {
  ClientLedger ledger({.connections = 1, .sessions = 1});
  const auto connection = ledger.Connect("a", kStart);
  const auto session = ledger.OpenSession("a", kStart);
  EXPECT_TRUE(session);
  EXPECT_FALSE(ledger.OpenSession("a", kStart));
}

TEST(ClientLedger, BoundsRequestsOfAllPlacesOfAClientTogether) {
  ClientLedger ledger({.request_rate = 1});
  const auto one = ledger.Connect("a", kStart);
  const auto other = ledger.OpenSession("a", kStart);
  EXPECT_TRUE(one.TakeRequest(kStart));
  EXPECT_TRUE(other.TakeRequest(kStart));
  EXPECT_FALSE(one.TakeRequest(kStart));
  EXPECT_FALSE(ledger.TakeRequest("a", kStart));
  EXPECT_TRUE(ledger.TakeRequest("b", kStart));
  EXPECT_TRUE(one.TakeRequest(kStart + seconds(1)));
}

TEST(ClientLedger, WithoutAPlaceThereIsNoLimit) {
  EXPECT_TRUE(ClientLedger::ConnectionPlace().TakeRequest(kStart));
}

TEST(ClientLedger, PacesNewSessionsOfWhoHasPatience) {
  ClientLedger ledger({.session_rate = 1});
  const Duration none = Duration::zero();
  EXPECT_EQ(ledger.TakeSession("a", none, kStart), none);
  EXPECT_EQ(ledger.TakeSession("a", none, kStart), none);
  EXPECT_EQ(ledger.TakeSession("a", none, kStart), Duration(seconds(1)));  // not taken
  EXPECT_EQ(ledger.TakeSession("a", seconds(5), kStart), Duration(seconds(1)));
  EXPECT_EQ(ledger.TakeSession("a", seconds(5), kStart), Duration(seconds(2)));
  EXPECT_EQ(ledger.TakeSession("b", none, kStart), none);
}

TEST(ClientLedger, DelaysLoginsAfterRefusalsInARowTwiceAsLongEachTime) {
  ClientLedger ledger({.login_failures = 3, .login_delay_max = seconds(5)});
  for (int i = 0; i < 2; ++i) ledger.NoteLogin("u", true, kStart);
  EXPECT_EQ(ledger.LoginDelay("u", kStart), Duration::zero());
  std::vector<int> delays;
  for (int i = 0; i < 5; ++i) {
    ledger.NoteLogin("u", true, kStart);
    delays.push_back(static_cast<int>(ledger.LoginDelay("u", kStart) / Duration(seconds(1))));
  }
  EXPECT_EQ(delays, (std::vector<int>{1, 2, 4, 5, 5}));
  EXPECT_EQ(ledger.LoginDelay("v", kStart), Duration::zero());
  for (int i = 0; i < 100; ++i) ledger.NoteLogin("u", true, kStart);
  EXPECT_EQ(ledger.LoginDelay("u", kStart), Duration(seconds(5)));
}

TEST(ClientLedger, ForgivesRefusalsAfterALoginOrTime) {
  ClientLedger ledger({.login_failures = 1});
  ledger.NoteLogin("u", true, kStart);
  ledger.NoteLogin("v", true, kStart);
  ledger.NoteLogin("u", false, kStart);
  EXPECT_EQ(ledger.LoginDelay("u", kStart), Duration::zero());
  EXPECT_EQ(ledger.LoginDelay("v", kStart), Duration(seconds(1)));
  EXPECT_EQ(ledger.LoginDelay("v", kStart + minutes(10)), Duration::zero());
  ledger.NoteLogin("v", true, kStart + minutes(10));
  EXPECT_EQ(ledger.LoginDelay("v", kStart + minutes(10)), Duration(seconds(1)));
}

TEST(ClientLedger, LetsAFewLoginsOfAClientWait) {
  ClientLedger ledger({.login_failures = 1});
  std::vector<ClientLedger::LoginPlace> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(ledger.WaitForLogin("u", kStart));
    EXPECT_TRUE(waiting.back());
  }
  EXPECT_FALSE(ledger.WaitForLogin("u", kStart));
  waiting.pop_back();
  EXPECT_TRUE(ledger.WaitForLogin("u", kStart));
}

TEST(ClientLedger, ForgetsWhoHasNothingAndDidNothingForLong) {
  ClientLedger ledger({.connections = 1, .request_rate = 1});
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(ledger.Connect(std::to_string(i), kStart));
  EXPECT_LE(ledger.size(), 64u);  // one a stripe
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(ledger.TakeRequest(std::to_string(i), kStart));
  EXPECT_GE(ledger.size(), 1000u);
  for (int i = 0; i < 6000; ++i) {  // each stripe often enough
    EXPECT_TRUE(ledger.Connect("later" + std::to_string(i), kStart + seconds(10)));
  }
  EXPECT_LE(ledger.size(), 64u);
}

TEST(ClientLedger, KnowsNoMoreThanItsCapHoweverManyCome) {
  constexpr std::size_t kCap = 640;
  ClientLedger ledger({.connections = 1, .request_rate = 1, .login_failures = 1}, kCap);
  for (int i = 0; i < 10'000; ++i) ledger.NoteLogin(std::to_string(i), true, kStart);
  EXPECT_LE(ledger.size(), kCap);
  std::vector<ClientLedger::ConnectionPlace> held;
  for (int i = 0; i < 10'000; ++i) held.push_back(ledger.Connect(std::to_string(i), kStart));
  EXPECT_LE(ledger.size(), kCap);
  // Those without room of their own share one place a stripe.
  const auto let_in = std::count_if(held.begin(), held.end(), [](const auto& p) { return !!p; });
  EXPECT_EQ(let_in, static_cast<std::ptrdiff_t>(kCap + 64));
  held.clear();
  EXPECT_TRUE(ledger.Connect("new", kStart));
}

TEST(ClientLedger, ManyThreadsLeaveNothingBehind) {
  ClientLedger ledger({.connections = 1000, .sessions = 1000, .request_rate = 1'000'000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&ledger] {
      for (int i = 0; i < 2000; ++i) {
        const std::string client = std::to_string(i % 7);
        const auto connection = ledger.Connect(client, kStart);
        const auto session = ledger.OpenSession(client, kStart);
        (void)session.TakeRequest(kStart);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 7; ++i) {
    std::vector<ClientLedger::ConnectionPlace> all;
    for (int n = 0; n < 1000; ++n) all.push_back(ledger.Connect(std::to_string(i), kStart));
    EXPECT_TRUE(all.back());
  }
}

}  // namespace
}  // namespace penstock::protection
