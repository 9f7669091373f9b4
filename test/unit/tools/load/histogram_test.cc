// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/histogram.h"

#include <gtest/gtest.h>

namespace penstock::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.QuantileMillis(0.5), 0);
  EXPECT_EQ(histogram.MeanMillis(), 0);
}

TEST(Histogram, TellsQuantilesWithinThreePercent) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.Add(milliseconds(i));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    EXPECT_NEAR(histogram.QuantileMillis(share), share * 1000, share * 1000 * 0.032);
  }
  EXPECT_EQ(histogram.MaxMillis(), 1000);
  EXPECT_NEAR(histogram.MeanMillis(), 500.5, 0.001);
}

TEST(Histogram, TakesTheSmallestAndTheLargest) {
  Histogram histogram;
  histogram.Add(nanoseconds(-5));
  histogram.Add(nanoseconds(0));
  EXPECT_EQ(histogram.MaxMillis(), 0);
  histogram.Add(nanoseconds::max());
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_GT(histogram.MaxMillis(), 1e12);
}

TEST(Histogram, AddsUp) {
  Histogram one;
  Histogram other;
  one.Add(milliseconds(10));
  other.Add(milliseconds(30));
  one.Add(other);
  EXPECT_EQ(one.count(), 2u);
  EXPECT_EQ(one.MaxMillis(), 30);
  EXPECT_EQ(one.MeanMillis(), 20);
}

}  // namespace
}  // namespace penstock::load
