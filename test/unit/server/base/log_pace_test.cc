// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/log_pace.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(LogPace, LetsSomeThroughAndTellsHowManyItHeldBack) {
  LogPace pace;
  TimePoint now{std::chrono::minutes(1)};
  int lines = 0;
  for (int i = 0; i < 25; ++i) lines += pace.Due(now) ? 1 : 0;
  EXPECT_EQ(lines, LogPace::kLines);
  EXPECT_EQ(pace.held_back(), 0u);
  now += LogPace::kWhile;
  EXPECT_TRUE(pace.Due(now));
  EXPECT_EQ(pace.held_back(), 15u);
  EXPECT_TRUE(pace.Due(now));
  EXPECT_EQ(pace.held_back(), 0u);
}

}  // namespace
}  // namespace penstock
