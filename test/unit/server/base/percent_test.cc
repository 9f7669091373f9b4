// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/percent.h"

#include <gtest/gtest.h>

#include "base/parse_number.h"

namespace penstock {
namespace {

TEST(PercentDecode, DecodesBothCasesAndKeepsPlus) {
  EXPECT_EQ(PercentDecode("a%2Bb+%c3%A9"), "a+b+\xC3\xA9");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  EXPECT_FALSE(PercentDecode("%"));
  EXPECT_FALSE(PercentDecode("a%2"));
  EXPECT_FALSE(PercentDecode("%zz"));
}

TEST(PercentDecode, AppendsOrLeavesTheTextAsItWas) {
  std::string out = "a=";
  EXPECT_TRUE(AppendPercentDecoded("%41b", out));
  EXPECT_EQ(out, "a=Ab");
  EXPECT_FALSE(AppendPercentDecoded("xyz%4", out));
  EXPECT_FALSE(AppendPercentDecoded("xyz%4g", out));
  EXPECT_EQ(out, "a=Ab");
}

TEST(ParseNumber, WantsTheWholeText) {
  EXPECT_EQ(ParseNumber<int>("-12"), -12);
  EXPECT_FALSE(ParseNumber<int>("12x"));
  EXPECT_FALSE(ParseNumber<int>(""));
  EXPECT_FALSE(ParseNumber<int>("99999999999"));
  EXPECT_FALSE(ParseNumber<double>("nan"));
  EXPECT_EQ(ParseNumber<double>("2.5"), 2.5);
}

}  // namespace
}  // namespace penstock
