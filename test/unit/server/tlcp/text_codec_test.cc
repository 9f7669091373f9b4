// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/text_codec.h"

#include <gtest/gtest.h>

namespace penstock::tlcp {
namespace {

struct Case {
  std::string_view text;
  std::size_t size;
  bool valid;
};

TEST(TextCodec, TakesOneCharacterOrOneBadSequence) {
  const Case cases[] = {
      {"a", 1, true},
      {"\xC3\xA0x", 2, true},
      {"\xE2\x98\x83", 3, true},
      {"\xF0\x9F\x98\x80", 4, true},
      {"\xEF\xBB\xBF", 3, true},
      {"\x80", 1, false},              // continuation alone
      {"\xC0\xAF", 1, false},          // overlong
      {"\xE0\x80\x80", 1, false},      // overlong
      {"\xED\xA0\x80", 1, false},      // surrogate
      {"\xF4\x90\x80\x80", 1, false},  // above U+10FFFF
      {"\xF5\x80", 1, false},
      {"\xFF", 1, false},
      {"\xC3", 1, false},           // cut short
      {"\xE2\x98", 2, false},       // cut short
      {"\xF0\x9F\x98|", 3, false},  // cut short by something else
      {"\xE2|", 1, false},
      {"", 0, false},
  };
  for (const Case& c : cases) {
    const Utf8Step step = NextUtf8(c.text);
    EXPECT_EQ(step.size, c.size) << c.text;
    EXPECT_EQ(step.valid, c.valid) << c.text;
  }
}

}  // namespace
}  // namespace penstock::tlcp
