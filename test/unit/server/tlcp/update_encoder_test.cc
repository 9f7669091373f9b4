// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/update_encoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/tlcp_decoder.h"

namespace penstock::tlcp {
namespace {

constexpr FieldView kSame{"", false, false};
constexpr FieldView kNull{"", true, true};

std::string Tail(const std::vector<FieldView>& fields) {
  std::string out;
  AppendTail(fields, out);
  return out;
}

std::string Encoded(std::string_view value) {
  std::string out;
  AppendEncodedValue(value, out);
  return out;
}

TEST(UpdateEncoder, WritesThePrefix) {
  std::string out = "x";
  AppendUpdatePrefix(3, 1, out);
  EXPECT_EQ(out, "xU,3,1,");
  out.clear();
  AppendUpdatePrefix(INT32_MAX, INT32_MAX, out);
  EXPECT_EQ(out, "U,2147483647,2147483647,");
}

// The worked example of the protocol, section 5.6.
TEST(UpdateEncoder, WritesTheWorkedExample) {
  EXPECT_EQ(Tail({{"20:00:33"},
                  {"3.04"},
                  {"0.0"},
                  {"2.41"},
                  {"3.67"},
                  {"3.03"},
                  {"3.04"},
                  kNull,
                  kNull,
                  {""}}),
            "20:00:33|3.04|0.0|2.41|3.67|3.03|3.04|#|#|$");
  EXPECT_EQ(Tail({{"20:00:54"},
                  {"3.07"},
                  {"0.98"},
                  kSame,
                  kSame,
                  {"3.06"},
                  {"3.07"},
                  kSame,
                  kSame,
                  {"Suspended"}}),
            "20:00:54|3.07|0.98|||3.06|3.07|||Suspended");
  EXPECT_EQ(Tail({{"20:04:16"},
                  {"3.02"},
                  {"-0.65"},
                  kSame,
                  kSame,
                  {"3.01"},
                  {"3.02"},
                  kSame,
                  kSame,
                  {""}}),
            "20:04:16|3.02|-0.65|||3.01|3.02|||$");
  EXPECT_EQ(Tail({{"20:04:40"}, kSame, kSame, kSame, kSame, {"3.02"}, {"3.03"}, kSame, kSame}),
            "20:04:40|^4|3.02|3.03||");
  EXPECT_EQ(
      Tail({{"20:06:10"}, {"3.05"}, {"0.32"}, kSame, kSame, kSame, kSame, kSame, kSame, kSame}),
      "20:06:10|3.05|0.32|^7");
}

TEST(UpdateEncoder, WritesRunsAnywhere) {
  EXPECT_EQ(Tail({kSame}), "");
  EXPECT_EQ(Tail({kSame, kSame}), "|");
  EXPECT_EQ(Tail({kSame, kSame, kSame}), "^3");
  EXPECT_EQ(Tail({kSame, {"D"}}), "|D");
  EXPECT_EQ(Tail({kSame, kSame, {"D"}}), "||D");
  EXPECT_EQ(Tail({kSame, kSame, kSame, {"D"}}), "^3|D");
  EXPECT_EQ(Tail({{"a"}, kSame}), "a|");
  EXPECT_EQ(Tail({{"a"}, kSame, kSame, kSame}), "a|^3");
  EXPECT_EQ(Tail({kSame, {"n"}, kNull, kNull}), "|n|#|#");
  EXPECT_EQ(Tail({}), "");
}

TEST(UpdateEncoder, EscapesWhatTheGrammarReserves) {
  EXPECT_EQ(Encoded("aa|bb"), "aa%7Cbb");
  EXPECT_EQ(Encoded("100%"), "100%25");
  EXPECT_EQ(Encoded("a\r\nb"), "a%0D%0Ab");
  EXPECT_EQ(Encoded(std::string_view("a\0b\x1F\x7F", 5)), "a%00b%1F%7F");
}

TEST(UpdateEncoder, EscapesMarkersOnlyInFront) {
  EXPECT_EQ(Encoded("#"), "%23");
  EXPECT_EQ(Encoded("$x"), "%24x");
  EXPECT_EQ(Encoded("^3"), "%5E3");
  EXPECT_EQ(Encoded("##"), "%23#");
  EXPECT_EQ(Encoded("a#$^"), "a#$^");
}

TEST(UpdateEncoder, LeavesTheRestAsItIs) {
  const std::string_view value = "a,b&c=d+e \"f\" {g:[1]} ~!";
  EXPECT_EQ(Encoded(value), value);
  EXPECT_EQ(Encoded("bar\xC3\xA0\xE2\x98\x83\xF0\x9F\x98\x80"),
            "bar\xC3\xA0\xE2\x98\x83\xF0\x9F\x98\x80");
}

TEST(UpdateEncoder, FindsEveryReservedByteAtEveryPlace) {
  for (const char reserved : {'%', '|', '\r', '\n', '\0', '\x1F', '\x7F'}) {
    for (std::size_t size = 1; size < 40; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string value(size, 'x');
        value[at] = reserved;
        const std::string token = Encoded(value);
        EXPECT_EQ(token.size(), size + 2);
        EXPECT_EQ(PercentDecode(token), value);
        EXPECT_FALSE(IsPlainValue(value));
      }
    }
  }
}

TEST(UpdateEncoder, LeavesEveryOtherAsciiByteAtEveryPlace) {
  for (char c = ' '; c < '\x7F'; ++c) {
    if (c == '%' || c == '|') continue;
    std::string value(19, 'x');
    for (std::size_t at = 1; at < value.size(); ++at) {
      value[at] = c;
      EXPECT_EQ(Encoded(value), value);
      EXPECT_TRUE(IsPlainValue(value));
    }
  }
}

TEST(UpdateEncoder, ReplacesBadUtf8) {
  EXPECT_EQ(Encoded("a\xFF"
                    "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Encoded("\xE2\x98|"), "\xEF\xBF\xBD%7C");
  EXPECT_EQ(Encoded("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(Encoded("12345678\xC3"), "12345678\xEF\xBF\xBD");
}

TEST(UpdateEncoder, PlainValuesAreTheirOwnToken) {
  EXPECT_TRUE(IsPlainValue("3.04"));
  EXPECT_TRUE(IsPlainValue("a#"));
  EXPECT_FALSE(IsPlainValue(""));
  EXPECT_FALSE(IsPlainValue("#a"));
  EXPECT_FALSE(IsPlainValue("\xC3\xA0"));
}

TEST(TailWriter, TakesTokensEncodedBefore) {
  std::string out;
  TailWriter writer(out);
  writer.Token("a%7Cb");
  writer.Unchanged();
  writer.Null();
  writer.Token("^Tbdzap");
  writer.Value("");
  writer.Finish();
  EXPECT_EQ(out, "a%7Cb||#|^Tbdzap|$");
}

TEST(UpdateEncoder, RoundTripsThroughAClient) {
  test::TlcpItemDecoder client(4);
  ASSERT_TRUE(client.Apply(Tail({kNull, kNull, {""}, {"z"}})));
  ASSERT_TRUE(client.Apply(Tail({kSame, {"#n"}, kSame, kNull})));
  EXPECT_EQ(client.fields(), (std::vector<test::FieldValue>{std::nullopt, "#n", "", std::nullopt}));
  ASSERT_TRUE(client.Apply(Tail({kSame, kSame, kSame, {"a|b%\r\n"}})));
  EXPECT_EQ(client.fields(), (std::vector<test::FieldValue>{std::nullopt, "#n", "", "a|b%\r\n"}));
}

TEST(TlcpItemDecoder, ReadsTheExamplesOfTheProtocol) {
  test::TlcpItemDecoder client(10);
  ASSERT_TRUE(client.Apply("20:00:33|3.04|0.0|2.41|3.67|3.03|3.04|#|#|$"));
  ASSERT_TRUE(client.Apply("20:00:54|3.07|0.98|||3.06|3.07|||Suspended"));
  ASSERT_TRUE(client.Apply("20:04:16|3.02|-0.65|||3.01|3.02|||$"));
  ASSERT_TRUE(client.Apply("20:04:40|^4|3.02|3.03|||"));
  ASSERT_TRUE(client.Apply("20:06:10|3.05|0.32|^7"));
  ASSERT_TRUE(client.Apply("20:06:49|3.08|1.31|||3.08|3.09|||"));
  EXPECT_EQ(client.fields(),
            (std::vector<test::FieldValue>{"20:06:49", "3.08", "1.31", "2.41", "3.67", "3.08",
                                           "3.09", std::nullopt, std::nullopt, ""}));
  test::TlcpItemDecoder one(1);
  ASSERT_TRUE(one.Apply("bar%c3%a0%C3%A8%25%23%24%5E"));
  EXPECT_EQ(one.fields()[0], "bar\xC3\xA0\xC3\xA8%#$^");
}

// The lines of the protocol, sections 5.4 and 5.5.
TEST(TlcpItemDecoder, ReadsValueDiffs) {
  test::TlcpItemDecoder text(1);
  ASSERT_TRUE(text.Apply("foobar"));
  ASSERT_TRUE(text.Apply("^Tbdzapcd"));
  ASSERT_TRUE(text.Apply("^Taabg"));
  ASSERT_TRUE(text.Apply("^Tddxyz"));
  EXPECT_EQ(text.fields()[0], "zapxyz");
  ASSERT_TRUE(text.Apply("^Tgg%25%24%3D%2C%2B%7C"));
  EXPECT_EQ(text.fields()[0], "zapxyz%$=,+|");
  ASSERT_TRUE(text.Apply("^T"));
  EXPECT_EQ(text.fields()[0], "");

  test::TlcpItemDecoder json(2);
  ASSERT_TRUE(json.Apply(
      R"(20:00:33|{ "text": "aa%7Cbb", "attributes": [ { "font": "courier" }, "..." ] })"));
  ASSERT_TRUE(json.Apply(R"(20:00:54|^P[{"op":"replace","path":"/text","value":"aa%7Cbb%7Ccc"},)"
                         R"({"op":"add","path":"/attributes/1","value":"bold"}])"));
  ASSERT_TRUE(json.Apply("20:04:16|"));
  EXPECT_EQ(json.fields()[1],
            R"({"attributes":[{"font":"courier"},"bold","..."],"text":"aa|bb|cc"})");

  test::TlcpItemDecoder edge(1);
  ASSERT_TRUE(edge.Apply("{}"));
  ASSERT_TRUE(edge.Apply(""));
  ASSERT_TRUE(edge.Apply(R"(^P[{"op":"add","path":"/foo","value":1}])"));
  EXPECT_EQ(edge.fields()[0], R"({"foo":1})");
  ASSERT_TRUE(edge.Apply("#"));
  EXPECT_EQ(edge.fields()[0], std::nullopt);
}

TEST(TlcpItemDecoder, RefusesDiffsThatAreFatalToAClient) {
  for (const char* tail : {"^P[]", "^Ta"}) {
    test::TlcpItemDecoder first(1);
    EXPECT_FALSE(first.Apply(tail)) << tail;
    test::TlcpItemDecoder null(1);
    ASSERT_TRUE(null.Apply("#"));
    EXPECT_FALSE(null.Apply(tail)) << tail;
    test::TlcpItemDecoder too_many(1);
    ASSERT_TRUE(too_many.Apply("{}"));
    EXPECT_FALSE(too_many.Apply("{}|" + std::string(tail))) << tail;
  }
  for (const char* tail : {"^P[]", "^Td", "^T1", "^P"}) {
    test::TlcpItemDecoder text(1);
    ASSERT_TRUE(text.Apply("ab"));
    EXPECT_FALSE(text.Apply(tail)) << tail;
  }
  test::TlcpItemDecoder json(1);
  ASSERT_TRUE(json.Apply("{}"));
  EXPECT_FALSE(json.Apply(R"(^P[{"op":"remove","path":"/a"}])"));
}

TEST(TlcpItemDecoder, RefusesATextDiffAfterAPatchUntilAWholeValue) {
  test::TlcpItemDecoder client(1);
  ASSERT_TRUE(client.Apply("{}"));
  ASSERT_TRUE(client.Apply("^Tc"));  // a text until now
  ASSERT_TRUE(client.Apply("^P[]"));
  ASSERT_TRUE(client.Apply("^P[]"));
  test::TlcpItemDecoder other = client;
  EXPECT_FALSE(client.Apply("^Tc"));
  ASSERT_TRUE(other.Apply("[]"));
  EXPECT_TRUE(other.Apply("^Tc"));
}

TEST(TlcpItemDecoder, RefusesWhatAClientWould) {
  for (const char* tail : {"|b", "a", "a|b|c", "^2", "a|#b", "a|%4", "a|\xFF"}) {
    test::TlcpItemDecoder client(2);
    EXPECT_FALSE(client.Apply(tail)) << tail;
  }
  for (const char* tail : {"^1", "^3", "^0|a|b", "^x", "a|^2"}) {
    test::TlcpItemDecoder client(2);
    ASSERT_TRUE(client.Apply("a|b"));
    EXPECT_FALSE(client.Apply(tail)) << tail;
  }
}

}  // namespace
}  // namespace penstock::tlcp
