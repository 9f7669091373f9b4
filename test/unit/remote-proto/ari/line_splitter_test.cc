// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "ari/line_splitter.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/remote-proto/ari/packet_check.h"

namespace penstock::ari {
namespace {

// The same stream in chunks of each size up to its own.
void ExpectLines(std::string_view bytes, std::string_view expected, size_t max_line = 1000) {
  for (size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    EXPECT_EQ(AllLines(bytes, chunk, max_line), expected) << "chunk " << chunk;
  }
}

// A3
TEST(LineSplitter, TakesLfAndCrlf) { ExpectLines("a|b\nc|d\r\n", "a|b\nc|d\nend"); }

// A3
TEST(LineSplitter, SkipsBlankLines) { ExpectLines("\r\n\na\n\n\r\r\nb\r\n\n", "a\nb\nend"); }

// A3
TEST(LineSplitter, SkipsByteOrderMarkAtTheStartOnly) {
  ExpectLines(
      "\xEF\xBB\xBF"
      "a\n\xEF\xBB\xBF"
      "b\n",
      "a\n\xEF\xBB\xBF"
      "b\nend");
}

TEST(LineSplitter, KeepsCarriageReturnsWithinALine) { ExpectLines("a\rb\r\n", "a\rb\nend"); }

TEST(LineSplitter, TellsATruncatedLine) { ExpectLines("a\nbc", "a\npartial"); }

TEST(LineSplitter, LineOfTheCapIsFine) { ExpectLines("12345\n1234\r\n", "12345\n1234\nend", 5); }

// A17
TEST(LineSplitter, LineOverTheCapLosesTheStream) {
  ExpectLines("ok\n123456\nok\n", "ok\ntoo long", 5);
}

TEST(LineSplitter, StaysLostAfterALineOverTheCap) {
  LineSplitter splitter(3);
  std::string_view line;
  splitter.Feed("1234");
  EXPECT_EQ(splitter.Next(&line), LineSplitter::Cut::kTooLong);
  splitter.Feed("a\n");
  EXPECT_EQ(splitter.Next(&line), LineSplitter::Cut::kTooLong);
}

TEST(LineSplitter, WholeLineIsNotCopied) {
  LineSplitter splitter;
  const std::string chunk = "first\r\nsecond\n";
  splitter.Feed(chunk);
  std::string_view line;
  ASSERT_EQ(splitter.Next(&line), LineSplitter::Cut::kLine);
  EXPECT_EQ(line.data(), chunk.data());
  ASSERT_EQ(splitter.Next(&line), LineSplitter::Cut::kLine);
  EXPECT_EQ(line.data(), chunk.data() + 7);
  EXPECT_EQ(splitter.Next(&line), LineSplitter::Cut::kNeedMore);
}

}  // namespace
}  // namespace penstock::ari
