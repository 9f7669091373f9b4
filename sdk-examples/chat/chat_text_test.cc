// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "chat/chat_text.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::chat {
namespace {

TEST(ChatText, LosesBlanksAroundIt) { EXPECT_EQ(CleanText("  hello you "), "hello you"); }

TEST(ChatText, KeepsMarkupAsItIs) { EXPECT_EQ(CleanText("<b>&amp;"), "<b>&amp;"); }

TEST(ChatText, RefusesNothing) {
  EXPECT_FALSE(CleanText(""));
  EXPECT_FALSE(CleanText("   "));
}

TEST(ChatText, RefusesControlCharacters) {
  EXPECT_FALSE(CleanText("two\nlines"));
  EXPECT_FALSE(CleanText("bell\x07"));
  EXPECT_FALSE(CleanText("\x7f"));
}

TEST(ChatText, IsBoundedInCharactersNotBytes) {
  EXPECT_TRUE(CleanText(std::string(kMaxTextCharacters, 'x')));
  EXPECT_FALSE(CleanText(std::string(kMaxTextCharacters + 1, 'x')));
  std::string greek;
  for (std::size_t i = 0; i < kMaxTextCharacters; ++i) {
    greek += "\xCE\xB1";
  }
  EXPECT_TRUE(CleanText(greek));
  EXPECT_FALSE(CleanText(greek + "\xCE\xB1"));
}

}  // namespace
}  // namespace penstock::chat
