// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/tail_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

namespace penstock::session {
namespace {

using kernel::Position;

TEST(TailTable, HasWhatWasStored) {
  TailTable table;
  EXPECT_EQ(table.Find(Position(), Position(1)), nullptr);
  EXPECT_EQ(table.Store(Position(), Position(), Position(1), "one").bytes(), "one");
  ASSERT_NE(table.Find(Position(), Position(1)), nullptr);
  EXPECT_EQ(table.Find(Position(), Position(1))->bytes(), "one");
  EXPECT_EQ(table.Find(Position(2), Position(1)), nullptr);
  EXPECT_EQ(table.bytes(), 3u);
}

// Sessions in step that have fallen behind go through the same events one after another.
TEST(TailTable, GrowsToHoldWhatSessionsInStepHaveYetToGet) {
  TailTable table;
  int encoded = 0;
  const auto go = [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t to = first; to <= last; ++to) {
      if (table.Find(Position(to - 1), Position(to)) != nullptr) continue;
      ++encoded;
      table.Store(Position(first - 1), Position(to - 1), Position(to), "tail");
    }
  };
  for (int session = 0; session < 20; ++session) go(1, 100);
  EXPECT_LE(encoded, 1000);
  encoded = 0;
  for (int session = 0; session < 20; ++session) go(1, 100);
  EXPECT_EQ(encoded, 0);
}

// Each session has its own pace, so that hardly a tail is wanted twice.
TEST(TailTable, DoesNotGrowForPlacesThatMeetByChance) {
  TailTable table;
  std::mt19937_64 random(20);
  std::size_t largest = 0;
  for (std::uint64_t newest = 100; newest < 200000; ++newest) {
    if (random() % 4 != 0) continue;
    const std::uint64_t to = newest - random() % 8;
    table.Store(Position(newest - 8), Position(to - 1 - random() % 80), Position(to), "tail");
    largest = std::max(largest, table.size());
  }
  EXPECT_LE(largest, 64u);
}

TEST(TailTable, GivesBackWhatNobodyWantsAnyMore) {
  TailTable table;
  const std::string tail(100, 'x');
  for (std::uint64_t to = 1; to <= 2000; ++to) {
    table.Store(Position(), Position(to - 1), Position(to), tail);
  }
  EXPECT_EQ(table.bytes(), TailTable::kMost * tail.size());
  for (std::uint64_t to = 2001; to <= 2001 + TailTable::kMost; ++to) {
    table.Store(Position(to - 1), Position(to - 1), Position(to), "");
  }
  EXPECT_EQ(table.bytes(), 0u);
}

TEST(TailTable, StartsAnewAtItsBoundOfBytes) {
  TailTable table;
  const std::string tail(64 * 1024, 'x');
  for (std::uint64_t to = 1; to <= 1000; ++to) {
    table.Store(Position(), Position(to - 1), Position(to), tail);
    ASSERT_LE(table.bytes(), TailTable::kMostBytes + tail.size());
  }
}

}  // namespace
}  // namespace penstock::session
