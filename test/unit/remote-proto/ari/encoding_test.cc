// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "ari/encoding.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/remote-proto/ari/vectors.h"

namespace penstock::ari {
namespace {

std::string Encode(std::optional<std::string_view> value, Encoding encoding) {
  std::string out;
  AppendEncoded(value, encoding, &out);
  return out;
}

std::optional<std::string> Decode(std::string_view token, Encoding encoding) {
  std::optional<std::string> out;
  EXPECT_TRUE(DecodeToString(token, encoding, &out).ok()) << token;
  return out;
}

bool Decodes(std::string_view token, Encoding encoding) {
  std::optional<std::string> out;
  return DecodeToString(token, encoding, &out).ok();
}

// A1
TEST(Encoding, WritesAllVectors) {
  for (const Vector& v : kVectors) {
    EXPECT_EQ(Encode(v.value, Encoding::kSmart), v.smart);
    EXPECT_EQ(Encode(v.value, Encoding::kCompat), v.compat);
  }
}

// A1
TEST(Encoding, ReadsAllVectors) {
  for (const Vector& v : kVectors) {
    EXPECT_EQ(Decode(v.smart, Encoding::kSmart), v.value) << v.smart;
    EXPECT_EQ(Decode(v.compat, Encoding::kCompat), v.value) << v.compat;
  }
}

TEST(Encoding, AsciiFormIsReadAlikeByBothDecoders) {
  for (const Vector& v : kVectors) {
    const std::string token = Encode(v.value, Encoding::kAscii);
    for (const char c : token) {
      EXPECT_GT(c, 0x20) << token;
      EXPECT_NE(c, '+') << token;
    }
    EXPECT_EQ(Decode(token, Encoding::kSmart), v.value) << token;
    EXPECT_EQ(Decode(token, Encoding::kCompat), v.value) << token;
  }
}

TEST(Encoding, PlusIsASpaceInCompatOnly) {
  EXPECT_EQ(Decode("a+b", Encoding::kCompat), "a b");
  EXPECT_EQ(Decode("a+b", Encoding::kSmart), "a+b");
}

TEST(Encoding, AcceptsLowerCaseHexAndNeedlessEscapes) {
  EXPECT_EQ(Decode("%7c%2b%41", Encoding::kSmart), "|+A");
}

TEST(Encoding, RefusesBrokenEscapesAndEmptyTokens) {
  for (const Encoding encoding : {Encoding::kSmart, Encoding::kCompat}) {
    EXPECT_FALSE(Decodes("", encoding));
    EXPECT_FALSE(Decodes("%", encoding));
    EXPECT_FALSE(Decodes("a%2", encoding));
    EXPECT_FALSE(Decodes("%zz", encoding));
    EXPECT_FALSE(Decodes("%2g", encoding));
  }
}

TEST(Encoding, TokenWithoutEscapeIsNotCopied) {
  Scratch scratch;
  const std::string_view token = "plain value";
  scratch.Reset(token.size());
  Text text;
  ASSERT_TRUE(DecodeText(token, Encoding::kSmart, &scratch, &text).ok());
  EXPECT_EQ(text.value.data(), token.data());
}

TEST(DecodeBytes, GivesLatin1AsUtf8) {
  Scratch scratch;
  scratch.Reset(64);
  Text text;
  ASSERT_TRUE(DecodeBytes("MC40NA==", &scratch, &text).ok());
  EXPECT_EQ(text.value, "0.44");
  ASSERT_TRUE(DecodeBytes("6TE=", &scratch, &text).ok());
  EXPECT_EQ(text.value, "\u00E91");
  ASSERT_TRUE(DecodeBytes("#", &scratch, &text).ok());
  EXPECT_TRUE(text.null);
  ASSERT_TRUE(DecodeBytes("$", &scratch, &text).ok());
  EXPECT_EQ(text.value, "");
}

TEST(DecodeBytes, RefusesWhatIsNotBase64) {
  Scratch scratch;
  scratch.Reset(64);
  Text text;
  EXPECT_FALSE(DecodeBytes("A", &scratch, &text).ok());
  EXPECT_FALSE(DecodeBytes("AA=A", &scratch, &text).ok());
  EXPECT_FALSE(DecodeBytes("AA===", &scratch, &text).ok());
  EXPECT_FALSE(DecodeBytes("A*==", &scratch, &text).ok());
}

}  // namespace
}  // namespace penstock::ari
