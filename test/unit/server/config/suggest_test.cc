// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/suggest.h"

#include <gtest/gtest.h>

namespace penstock::config {
namespace {

const std::vector<std::string_view> kKnown = {"timeout_millis", "keepalive_millis", "port"};

TEST(Suggest, FindsTheNameOneTypingErrorAway) {
  EXPECT_EQ(Nearest("keepalive_milis", kKnown), "keepalive_millis");
  EXPECT_EQ(Nearest("prot", kKnown), "port");
}

TEST(Suggest, FindsTheNameWithinALongerOne) {
  EXPECT_EQ(Nearest("session_timeout_millis", kKnown), "timeout_millis");
}

TEST(Suggest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("colour", kKnown), "");
  EXPECT_EQ(Nearest("", kKnown), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'x'), kKnown), "");
}

TEST(Suggest, EnumeratesWithOr) {
  EXPECT_EQ(Enumerate({"a"}), "a");
  EXPECT_EQ(Enumerate({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace penstock::config
