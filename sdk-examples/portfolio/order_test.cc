// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "portfolio/order.h"

#include <gtest/gtest.h>

namespace penstock::portfolio {
namespace {

TEST(Order, IsReadFromAMessage) {
  const std::optional<Order> buy = Order::Parse("buy stock.IBM 10");
  ASSERT_TRUE(buy);
  EXPECT_EQ(buy->side, Order::Side::kBuy);
  EXPECT_EQ(buy->symbol, "stock.IBM");
  EXPECT_EQ(buy->quantity, 10);
  EXPECT_EQ(Order::Parse("sell stock.MSFT 1000000")->side, Order::Side::kSell);
}

TEST(Order, RefusesWhatIsNone) {
  for (const char* text :
       {"", "buy", "buy stock.IBM", "hold stock.IBM 1", "buy stock.SCO 1", "buy stock.IBM one",
        "buy stock.IBM 1 2", "buy stock.IBM 1.5", "buy  stock.IBM 1", "buy stock.IBM 0x1"}) {
    EXPECT_FALSE(Order::Parse(text)) << text;
  }
}

TEST(Order, RefusesQuantitiesOutOfBounds) {
  for (const char* text : {"buy stock.IBM 0", "sell stock.IBM -5", "buy stock.IBM 1000001",
                           "buy stock.IBM 99999999999999999999"}) {
    EXPECT_FALSE(Order::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::portfolio
