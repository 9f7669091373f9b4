// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/request_gate.h"

#include <gtest/gtest.h>

#include <string>

#include "adapters/remote/table_order.h"

namespace penstock::adapters {
namespace {

TEST(RequestGate, LetsSoManyInAndTheOthersInOrder) {
  RequestGate gate(2, 10);
  std::string started;
  for (const char name : {'a', 'b', 'c', 'd'}) gate.Enter([&, name] { started += name; });
  EXPECT_EQ(started, "ab");
  gate.Leave();
  EXPECT_EQ(started, "abc");
  gate.Leave();
  gate.Leave();
  gate.Leave();
  EXPECT_EQ(started, "abcd");
  EXPECT_TRUE(gate.idle());
}

TEST(RequestGate, IsFullWhenSoManyWait) {
  RequestGate gate(1, 1);
  gate.Enter([] {});
  EXPECT_FALSE(gate.full());
  gate.Enter([] {});
  EXPECT_TRUE(gate.full());
  gate.Leave();
  EXPECT_FALSE(gate.full());
}

TEST(RequestGate, WhoCannotBeRefusedTakesNoPlaceFromWhoCan) {
  RequestGate gate(1, 1);
  std::string started;
  gate.Enter([&] { started += 'a'; });
  for (int i = 0; i < 5; ++i) gate.EnterAnyway([&] { started += 'n'; });
  EXPECT_FALSE(gate.full());
  gate.Enter([&] { started += 'b'; });
  EXPECT_TRUE(gate.full());
  for (int i = 0; i < 6; ++i) gate.Leave();
  EXPECT_EQ(started, "annnnnb");
  EXPECT_FALSE(gate.full());
}

TEST(RequestGate, WhoIsCalledOffWhileItWaitsNeverStarts) {
  RequestGate gate(1, 1);
  std::string started;
  for (const char* const name : {"a", "b", "c"}) {
    gate.EnterAnyway(name, [&, name] { started += name; });
  }
  EXPECT_TRUE(gate.CallOff("b"));
  EXPECT_FALSE(gate.CallOff("b"));
  EXPECT_FALSE(gate.CallOff("a")) << "it has begun";
  gate.Leave();
  EXPECT_EQ(started, "ac");
  EXPECT_FALSE(gate.CallOff("c"));
  gate.Leave();
  EXPECT_TRUE(gate.idle());
}

TEST(RequestGate, WhoIsCalledOffTakesNoPlace) {
  RequestGate gate(1, 1);
  gate.Enter([] {});
  for (int i = 0; i < 5; ++i) {
    gate.EnterAnyway("n", [] {});
    EXPECT_TRUE(gate.CallOff("n"));
  }
  EXPECT_FALSE(gate.full());
  gate.Enter([] {});
  EXPECT_TRUE(gate.full());
  gate.EnterAnyway("n", [] {});
  gate.Reset();
  EXPECT_FALSE(gate.CallOff("n"));
}

TEST(RequestGate, WithoutALimitNobodyWaits) {
  RequestGate gate(0, 0);
  int started = 0;
  for (int i = 0; i < 1000; ++i) gate.Enter([&] { ++started; });
  EXPECT_EQ(started, 1000);
  EXPECT_FALSE(gate.full());
}

TEST(RequestGate, RequestsThatEndAtOnceDoNotNest) {
  RequestGate gate(1, 1'000'000);
  gate.Enter([] {});
  int ended = 0;
  for (int i = 0; i < 200'000; ++i) {
    gate.Enter([&] {
      ++ended;
      gate.Leave();
    });
  }
  gate.Leave();
  EXPECT_EQ(ended, 200'000);
}

TEST(RequestGate, LetsNobodyInWhileItIsHeld) {
  RequestGate gate(1, 1);
  int started = 0;
  gate.Hold();
  gate.Enter([&] { ++started; });
  EXPECT_EQ(started, 0);
  EXPECT_TRUE(gate.full()) << "as many wait as may";
  gate.Release();
  EXPECT_EQ(started, 1);
  EXPECT_FALSE(gate.full());
}

TEST(TableOrder, HoldsBackTheTablesOfTheSameSession) {
  TableOrder order(true);
  std::string started;
  order.Enter("S1", [&] { started += 'a'; });
  order.Enter("S1", [&] {
    started += 'b';
    order.Leave("S1");
  });
  order.Enter("S2", [&] { started += 'c'; });
  EXPECT_EQ(started, "ac");
  order.Leave("S1");
  EXPECT_EQ(started, "acb");
  order.Leave("S2");
  order.Enter("S1", [&] { started += 'd'; });
  EXPECT_EQ(started, "acbd");
}

TEST(TableOrder, HoldsNothingBackWhereItIsNotWanted) {
  TableOrder order(false);
  std::string started;
  order.Enter("S1", [&] { started += 'a'; });
  order.Enter("S1", [&] { started += 'b'; });
  EXPECT_EQ(started, "ab");
  order.Leave("S1");
}

}  // namespace
}  // namespace penstock::adapters
