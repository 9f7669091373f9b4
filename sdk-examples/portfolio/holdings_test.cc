// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "portfolio/holdings.h"

#include <gtest/gtest.h>

namespace penstock::portfolio {
namespace {

using Outcome = Holdings::Outcome;

constexpr auto kBuy = Order::Side::kBuy;
constexpr auto kSell = Order::Side::kSell;

TEST(Holdings, ARowComesWithTheFirstAndGoesWithTheLast) {
  Holdings holdings;
  EXPECT_EQ(holdings.Execute({kBuy, "stock.MSFT", 10}), Outcome::kAdded);
  EXPECT_EQ(holdings.Execute({kBuy, "stock.MSFT", 5}), Outcome::kChanged);
  EXPECT_EQ(holdings.Quantity("stock.MSFT"), 15);
  EXPECT_EQ(holdings.Execute({kSell, "stock.MSFT", 15}), Outcome::kRemoved);
  EXPECT_FALSE(holdings.positions().contains("stock.MSFT"));
}

TEST(Holdings, NobodySellsWhatIsNotThere) {
  Holdings holdings;
  EXPECT_EQ(holdings.Execute({kSell, "stock.IBM", 101}), Outcome::kTooFew);
  EXPECT_EQ(holdings.Execute({kSell, "stock.MSFT", 1}), Outcome::kTooFew);
  EXPECT_EQ(holdings.Quantity("stock.IBM"), 100);
  EXPECT_FALSE(holdings.positions().contains("stock.MSFT"));
}

TEST(Holdings, AreBounded) {
  Holdings holdings;
  EXPECT_EQ(holdings.Execute({kBuy, "stock.IBM", Holdings::kMost}), Outcome::kTooMany);
  EXPECT_EQ(holdings.Execute({kBuy, "stock.IBM", Holdings::kMost - 100}), Outcome::kChanged);
}

}  // namespace
}  // namespace penstock::portfolio
