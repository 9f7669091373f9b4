// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock {
namespace {

TEST(IsValidUtf8, TellsOverlongSurrogateAndTruncatedForms) {
  EXPECT_TRUE(IsValidUtf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
  EXPECT_FALSE(IsValidUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsValidUtf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(IsValidUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsValidUtf8("\xF0\x8F\xBF\xBF"));
  EXPECT_FALSE(IsValidUtf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(IsValidUtf8("\xE2\x82"));
  EXPECT_FALSE(IsValidUtf8("\x80"));
}

TEST(IsValidUtf8, TakesTheEdgesOfEachSize) {
  EXPECT_TRUE(IsValidUtf8(std::string(3, '\0')));
  EXPECT_TRUE(IsValidUtf8("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"));
  EXPECT_TRUE(IsValidUtf8("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
}

TEST(IsValidUtf8, FindsABadByteAnywhereAmongAscii) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    text[at] = '\xFF';
    EXPECT_FALSE(IsValidUtf8(text)) << at;
  }
}

TEST(Utf8Checker, EveryCutTellsTheSame) {
  const std::string text = "plain text \xC3\xA9 \xE2\x82\xAC and \xF0\x9F\x98\x80";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Checker checker;
    EXPECT_TRUE(checker.Feed(text.substr(0, cut)));
    EXPECT_TRUE(checker.Feed(text.substr(cut)));
    EXPECT_TRUE(checker.complete());
  }
}

TEST(Utf8Checker, TellsAtTheFirstByteThatCannotBeRight) {
  Utf8Checker checker;
  EXPECT_TRUE(checker.Feed("ok \xF4"));
  EXPECT_FALSE(checker.complete());
  EXPECT_FALSE(checker.Feed("\x90"));
}

}  // namespace
}  // namespace penstock
