// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "ari/encoding.h"

#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace penstock::ari {
namespace {

struct Vector {
  std::optional<std::string_view> value;
  std::string_view smart;
  std::string_view compat;
};

// 27 vectors: those that the protocol reference prints, and a case of each class of characters.
constexpr Vector kVectors[] = {
    {std::nullopt, "#", "#"},
    {"", "$", "$"},
    {"#", "%23", "%23"},
    {"$", "%24", "%24"},
    {"##", "##", "%23%23"},
    {"$$", "$$", "%24%24"},
    {"field_$", "field_$", "field_%24"},
    {"field_#", "field_#", "field_%23"},
    {"a b", "a b", "a+b"},
    {" ", " ", "+"},
    {"a+b", "a%2Bb", "a%2Bb"},
    {"+", "%2B", "%2B"},
    {"100%", "100%25", "100%25"},
    {"%23", "%2523", "%2523"},
    {"x|y", "x%7Cy", "x%7Cy"},
    {"|", "%7C", "%7C"},
    {"\r\n", "%0D%0A", "%0D%0A"},
    {"a\rb\nc", "a%0Db%0Ac", "a%0Db%0Ac"},
    {"V4 \u20AC", "V4 \u20AC", "V4+%E2%82%AC"},
    {"\u00E9", "\u00E9", "%C3%A9"},
    {"\U0001F600", "\U0001F600", "%F0%9F%98%80"},
    {"A-Z_a.z*09", "A-Z_a.z*09", "A-Z_a.z*09"},
    {"~!'()", "~!'()", "%7E%21%27%28%29"},
    {"a=b&c", "a=b&c", "a%3Db%26c"},
    {"http://h:80/p?q", "http://h:80/p?q", "http%3A%2F%2Fh%3A80%2Fp%3Fq"},
    {"\t", "\t", "%09"},
    {"12|5 +3%", "12%7C5 %2B3%25", "12%7C5+%2B3%25"},
};
static_assert(sizeof(kVectors) / sizeof(kVectors[0]) == 27);

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

TEST(Encoding, WritesAllVectors) {
  for (const Vector& v : kVectors) {
    EXPECT_EQ(Encode(v.value, Encoding::kSmart), v.smart);
    EXPECT_EQ(Encode(v.value, Encoding::kCompat), v.compat);
  }
}

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
