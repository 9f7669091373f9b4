// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/date.h"

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

TEST(DateCache, WritesTheFixedFormat) {
  DateCache cache;
  EXPECT_EQ(cache.Get(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(cache.Get(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(cache.Get(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(DateCache, FollowsTheClockInBothDirections) {
  DateCache cache;
  EXPECT_EQ(cache.Get(1), "Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(cache.Get(1), "Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(cache.Get(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace penstock::http
