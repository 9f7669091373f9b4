// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "field_numbers.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::adapter {
namespace {

TEST(FieldNumbers, CountFromOneInTheOrderOfFirstUse) {
  FieldNumbers numbers;
  EXPECT_EQ(numbers.Of("last"), 1u);
  EXPECT_EQ(numbers.Of("bid"), 2u);
  EXPECT_EQ(numbers.Of("last"), 1u);
  EXPECT_EQ(numbers.size(), 2u);
  EXPECT_EQ(numbers.NameOf(2), "bid");
}

TEST(FieldNumbers, OfAnotherTableAreOthers) {
  FieldNumbers one;
  one.Of("a");
  one.Of("b");
  FieldNumbers two;
  EXPECT_EQ(two.Of("b"), 1u);
  EXPECT_EQ(one.Of("b"), 2u);
}

TEST(FieldNumbers, AreTheSameForAllThreads) {
  FieldNumbers numbers;
  std::vector<std::thread> threads;
  std::vector<std::vector<uint32_t>> seen(4);
  for (size_t t = 0; t < seen.size(); ++t) {
    threads.emplace_back([&numbers, &mine = seen[t]] {
      // More names than a thread remembers.
      for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 200; ++i) mine.push_back(numbers.Of("field " + std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(numbers.size(), 200u);
  for (size_t t = 0; t < seen.size(); ++t) {
    for (size_t i = 0; i < 200; ++i) {
      EXPECT_EQ(seen[t][i], seen[0][i]);
      EXPECT_EQ(seen[t][i], seen[t][i + 400]);
    }
  }
}

}  // namespace
}  // namespace penstock::adapter
