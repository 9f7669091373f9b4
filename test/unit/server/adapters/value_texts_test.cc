// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/value_texts.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "penstock/adapter/v1/data.pb.h"

namespace penstock::adapters {
namespace {

using adapter::v1::FieldValue;

std::string NumberText(double number) {
  FieldValue value;
  value.set_number(number);
  ValueTexts texts;
  return std::string(texts.TextOf(value).value_or("none"));
}

TEST(ValueTexts, WritesNumbersAsEcmaScriptDoes) {
  EXPECT_EQ(NumberText(0.1), "0.1");
  EXPECT_EQ(NumberText(100000), "100000");
  EXPECT_EQ(NumberText(1e20), "100000000000000000000");
  EXPECT_EQ(NumberText(1e21), "1e+21");
  EXPECT_EQ(NumberText(1e-6), "0.000001");
  EXPECT_EQ(NumberText(1.5e-7), "1.5e-7");
  EXPECT_EQ(NumberText(-2.5), "-2.5");
  EXPECT_EQ(NumberText(1152921504606846976), "1152921504606847000");  // 2^60
  EXPECT_EQ(NumberText(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(NumberText(-9007199254740993.0), "-9007199254740992");
  EXPECT_EQ(NumberText(1234.5625), "1234.5625");
  EXPECT_EQ(NumberText(0.000123), "0.000123");
  EXPECT_EQ(NumberText(1e-7), "1e-7");
  EXPECT_EQ(NumberText(5e-324), "5e-324");
  EXPECT_EQ(NumberText(-0.0), "0");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(NumberText(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(ValueTexts, TakesBytesForCharacters) {
  FieldValue value;
  value.set_binary(std::string("A\xE9\x00", 3));
  ValueTexts texts;
  EXPECT_EQ(texts.TextOf(value), std::string("A\xC3\xA9\x00", 4));
}

TEST(ValueTexts, KeepsTheTextsOfAnEventUntilItIsCleared) {
  ValueTexts texts;
  FieldValue value;
  value.set_integer(1);
  const std::string_view first = *texts.TextOf(value);
  for (int i = 2; i < 100; ++i) {
    value.set_integer(i);
    ASSERT_EQ(texts.TextOf(value), std::to_string(i));
  }
  EXPECT_EQ(first, "1");
  texts.Clear();
  value.set_integer(7);
  EXPECT_EQ(texts.TextOf(value), "7");
}

TEST(ValueTexts, HasNoTextForNothing) {
  ValueTexts texts;
  EXPECT_EQ(texts.TextOf(FieldValue()), std::nullopt);
  FieldValue null;
  null.set_null(FieldValue::NULL_VALUE);
  EXPECT_EQ(texts.TextOf(null), "");
}

}  // namespace
}  // namespace penstock::adapters
