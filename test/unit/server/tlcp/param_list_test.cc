// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/param_list.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::tlcp {
namespace {

using Kind = UnquotedLine::Kind;
using Result = ParamList::Result;

constexpr std::size_t kMany = 100;

TEST(ParamList, DecodesNamesAndValues) {
  ParamList params;
  ASSERT_EQ(params.Parse("LS%5Fgroup=item1%20item2&a=%C3%A0%2b%26%3d", kMany), Result::kOk);
  EXPECT_EQ(params.Find("LS_group"), "item1 item2");
  EXPECT_EQ(params.Find("a"), "\xC3\xA0+&=");
  EXPECT_EQ(params.Find("b"), std::nullopt);
}

TEST(ParamList, KeepsPlusAsItIs) {
  ParamList params;
  ASSERT_EQ(params.Parse("a=b+c", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), "b+c");
}

TEST(ParamList, KeepsEqualsSignsOfAValue) {
  ParamList params;
  ASSERT_EQ(params.Parse("a=b=c", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), "b=c");
}

TEST(ParamList, IgnoresEmptyPairs) {
  ParamList params;
  ASSERT_EQ(params.Parse("&&a=1&&b=&", kMany), Result::kOk);
  EXPECT_EQ(params.size(), 2u);
  EXPECT_EQ(params.Find("b"), "");
}

TEST(ParamList, TakesANameWithoutValue) {
  ParamList params;
  ASSERT_EQ(params.Parse("a&b=1", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), "");
}

TEST(ParamList, LastOfRepeatedNamesCounts) {
  ParamList params;
  ASSERT_EQ(params.Parse("a=1&a=2", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), "2");
}

TEST(ParamList, KeepsTheGoodPairsBesideABrokenEscape) {
  for (const char* line : {"x=%4&a=1", "x=%&a=1", "x=%zz&a=1", "a=1&x%2=3"}) {
    ParamList params;
    EXPECT_EQ(params.Parse(line, kMany), Result::kBadEscape) << line;
    EXPECT_EQ(params.Find("a"), "1") << line;
    EXPECT_EQ(params.size(), 1u) << line;
  }
}

TEST(ParamList, StopsAtTheLimit) {
  ParamList params;
  EXPECT_EQ(params.Parse("a=1&b=2&", 2), Result::kOk);
  EXPECT_EQ(params.Parse("a=1&b=2&c=3", 2), Result::kTooMany);
  EXPECT_EQ(params.size(), 2u);
  EXPECT_EQ(params.ParseRawMessage("a=1&b=2&LS_message=3", 2), Result::kTooMany);
}

TEST(ParamList, HoldsNothingOfTheLineBefore) {
  ParamList params;
  ASSERT_EQ(params.Parse("a=%41", kMany), Result::kOk);
  ASSERT_EQ(params.Parse("b=%42", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), std::nullopt);
  EXPECT_EQ(params.Find("b"), "B");
}

TEST(ParamList, TakesARawMessageAsItIs) {
  ParamList params;
  ASSERT_EQ(params.ParseRawMessage("LS_reqId=%31&LS_message=a&LS_message=b%41\r\n", kMany),
            Result::kOk);
  EXPECT_EQ(params.Find("LS_reqId"), "1");
  EXPECT_EQ(params.Find("LS_message"), "a&LS_message=b%41\r\n");
  ASSERT_EQ(params.ParseRawMessage("LS_message=%", kMany), Result::kOk);
  EXPECT_EQ(params.Find("LS_message"), "%");
  ASSERT_EQ(params.ParseRawMessage("a=%31", kMany), Result::kOk);
  EXPECT_EQ(params.Find("a"), "1");
}

TEST(FindUnquotedLine, CountsUtf16Units) {
  const std::string counted = "LS_message=\xC3\xA0\xF0\x9F\x98\x80";  // 11 + 1 + 2
  const UnquotedLine line = FindUnquotedLine("LS_unq=14&" + counted);
  EXPECT_EQ(line.kind, Kind::kPresent);
  EXPECT_EQ(FindUnquotedLine("LS_unq=13&" + counted).kind, Kind::kMalformed);  // half a pair
}

TEST(FindUnquotedLine, TakesLineEndsInsideTheCount) {
  const std::string_view text = "LS_unq=4&a\r\nb\r\nnext";
  const UnquotedLine line = FindUnquotedLine(text);
  ASSERT_EQ(line.kind, Kind::kPresent);
  EXPECT_EQ(line.counted, "a\r\nb");
  EXPECT_EQ(text.substr(line.end), "\r\nnext");
}

TEST(FindUnquotedLine, ToleratesASeparatorBehindTheCount) {
  const std::string_view text = "LS_unq=1&a&\r\n";
  const UnquotedLine line = FindUnquotedLine(text);
  ASSERT_EQ(line.kind, Kind::kPresent);
  EXPECT_EQ(line.counted, "a");
  EXPECT_EQ(text.substr(line.end), "\r\n");
}

TEST(FindUnquotedLine, RefusesACountThatFitsNoLine) {
  for (const char* text : {"LS_unq=9&a", "LS_unq=1&ab", "LS_unq=&a", "LS_unq=x&a", "LS_unq=1",
                           "LS_unq=99999999999999999999999&a"}) {
    EXPECT_EQ(FindUnquotedLine(text).kind, Kind::kMalformed) << text;
  }
}

TEST(FindUnquotedLine, WantsThePairFirst) {
  EXPECT_EQ(FindUnquotedLine("LS_reqId=1&LS_unq=1&a").kind, Kind::kAbsent);
  EXPECT_EQ(FindUnquotedLine("LS_unique=1&a").kind, Kind::kAbsent);
  EXPECT_EQ(FindUnquotedLine("").kind, Kind::kAbsent);
}

}  // namespace
}  // namespace penstock::tlcp
