// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/tlcp_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>

#include "support/tlcp_diff_decoder.h"

namespace penstock::tlcp {
namespace {

using test::ApplyTlcpDiff;

std::string Diff(std::string_view base, std::string_view next) {
  std::string diff;
  EXPECT_TRUE(AppendTlcpDiff(base, next, diff)) << base << " -> " << next;
  EXPECT_EQ(ApplyTlcpDiff(base, diff), next) << diff;
  return diff;
}

bool Refuses(std::string_view base, std::string_view next) {
  std::string diff = "x";
  return !AppendTlcpDiff(base, next, diff) && diff == "x";
}

// The vectors of the protocol, section 5.5.
TEST(TlcpDiffDecoder, ReadsTheVectorsOfTheProtocol) {
  EXPECT_EQ(ApplyTlcpDiff("foobar", "d"), "foo");
  EXPECT_EQ(ApplyTlcpDiff("foobar", "bdzap"), "fzap");
  EXPECT_EQ(ApplyTlcpDiff("foobar", "bdzapcd"), "fzapbar");
  EXPECT_EQ(ApplyTlcpDiff("foobar", "adzapad"), "zapfoo");
  EXPECT_EQ(ApplyTlcpDiff("foo", "aaad"), "foo");
  EXPECT_EQ(ApplyTlcpDiff("foobar", "baeb"), "fr");
  EXPECT_EQ(ApplyTlcpDiff("fzapbar", "aabg"), "zapbar");
  EXPECT_EQ(ApplyTlcpDiff("zapbar", "ddxyz"), "zapxyz");
  EXPECT_EQ(ApplyTlcpDiff("foo", "dg%$=,+|"), "foo%$=,+|");
  EXPECT_EQ(ApplyTlcpDiff("", "adfoo"), "foo");
  EXPECT_EQ(ApplyTlcpDiff("123456789", "adabcdg"), "abc456789");
  EXPECT_EQ(ApplyTlcpDiff("123456789", "ddabcdd"), "123abc789");
  EXPECT_EQ(ApplyTlcpDiff("123456", "gdabc"), "123456abc");
  EXPECT_EQ(ApplyTlcpDiff("abcdefghijklmnopqrstuvwxyz1", "aaBab"), "1");
  EXPECT_EQ(ApplyTlcpDiff("foo", ""), "");
}

TEST(TlcpDiffDecoder, RefusesWhatLeavesTheTexts) {
  for (const char* diff : {"h", "D", "aeabc", "daab", "aadb", "1", "a:", "aa-"}) {
    EXPECT_EQ(ApplyTlcpDiff("foo", diff), std::nullopt) << diff;
  }
  EXPECT_EQ(ApplyTlcpDiff("\xF0\x9F\x98\x80", "b"), std::nullopt);
}

TEST(TlcpDiff, WritesOneRegionAsTheProtocolDoes) {
  EXPECT_EQ(Diff("foobar", "foo"), "d");
  EXPECT_EQ(Diff("foobar", "fzap"), "bdzap");
  EXPECT_EQ(Diff("zapbar", "zapxyz"), "ddxyz");
  EXPECT_EQ(Diff("123456", "123456abc"), "gdabc");
  EXPECT_EQ(Diff("123456789", "abc456789"), "adabcdg");
  EXPECT_EQ(Diff("123456789", "123abc789"), "ddabcdd");
  EXPECT_EQ(Diff("foo", "foo"), "d");
  EXPECT_EQ(Diff("foo", "foo%$=,+|"), "dg%$=,+|");
}

TEST(TlcpDiff, RepeatsAShortEndThatWouldCostMoreToCopy) {
  EXPECT_EQ(Diff("abcX", "defX"), "aedefX");
  EXPECT_EQ(Diff("1234XY", "5XY"), "ad5XY");
}

TEST(TlcpDiff, WritesNumbersInBase26) {
  EXPECT_EQ(Diff(std::string(25, 'x') + "1", std::string(25, 'x')), "z");
  EXPECT_EQ(Diff(std::string(26, 'x') + "1", std::string(26, 'x')), "Ba");
  EXPECT_EQ(Diff(std::string(40, 'x') + "1", std::string(40, 'x')), "Bo");
  EXPECT_EQ(Diff(std::string(999, 'x') + "1", std::string(999, 'x')), "BMl");
  EXPECT_EQ(Diff(std::string(676, 'x') + "1", std::string(676, 'x')), "BAa");
}

TEST(TlcpDiff, CopiesWhatIsTheSameBetweenTwoChanges) {
  const std::string middle(60, '-');
  EXPECT_EQ(Diff("a" + middle + "b", "c" + middle + "d"), "abcbCibd");
  // Also when the middle moves, and when it is found within other text.
  EXPECT_EQ(Diff("1abcdefghij2", "345abcdefghij6"), "ad345bkb6");
}

TEST(TlcpDiff, CountsUtf16CodeUnits) {
  EXPECT_EQ(Diff("\xC3\xA0\xE2\x98\x83"
                 "1",
                 "\xC3\xA0\xE2\x98\x83"
                 "2"),
            "cb2");
  EXPECT_EQ(Diff("abc", "abc\xE2\x98\x83\xC3\xA0"), "dc\xE2\x98\x83\xC3\xA0");
  // The first byte of both characters is the same, the character is not.
  EXPECT_EQ(Diff("\xC3\xA0", "\xC3\xA1"), "ab\xC3\xA1");
  EXPECT_EQ(Diff("\xEF\xBF\xBF", "\xEF\xBF\xBF"), "b");
}

TEST(TlcpDiff, RefusesWhatClientsCountInDifferentWays) {
  EXPECT_TRUE(Refuses("abc", "abc\xF0\x9F\x98\x80"));
  EXPECT_TRUE(Refuses("abc\xF0\x9F\x98\x80", "abc"));
  EXPECT_TRUE(Refuses("abc\xFF", "abc"));
  EXPECT_TRUE(Refuses("abc", "abc\xED\xA0\x80"));
  EXPECT_TRUE(Refuses("", "a"));
  EXPECT_TRUE(Refuses("a", ""));
}

// Texts of a few words, so that there is much to find and much to find in the wrong place.
class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  std::string Make() {
    std::string text;
    for (std::size_t words = 1 + Below(60); words > 0; --words) text += Word();
    return text;
  }
  // Replaces up to a few ranges by words.
  std::string Edit(std::string text) {
    for (std::size_t edits = 1 + Below(4); edits > 0; --edits) {
      const auto [from, to] = std::minmax({Boundary(text), Boundary(text)});
      const bool far = to - from > 30;
      text.replace(from, far ? 0 : to - from, Word());
    }
    return text;
  }

 private:
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  std::string Word() {
    static const char* const kWords[] = {
        "alpha ", "beta|",    "alphabet",     "12.5%", "\xC3\xA0",  "\xE2\x82\xAC",
        "\r\n",   "aaaaaaaa", "\xEF\xBF\xBD", "#",     "aaaaaaaab", "Zz"};
    return kWords[Below(std::size(kWords))];
  }
  std::size_t Boundary(const std::string& text) {
    std::size_t at = Below(text.size() + 1);
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
  }

  std::mt19937 random_;
};

TEST(TlcpDiff, RoundTripsRandomTexts) {
  RandomText texts(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string base = texts.Make();
    Diff(base, i % 8 == 0 ? texts.Make() : texts.Edit(base));
  }
}

// With time that grows with the square it would run into the time limit of the program.
TEST(TlcpDiff, TakesLinearTimeWhateverTheTexts) {
  const std::string same(200'000, 'a');
  std::string ending;
  while (ending.size() < 200'000) ending += "aaaaab";
  std::string other;
  for (unsigned i = 0; other.size() < 200'000; ++i) other += std::to_string(i * 2654435761u);
  for (const std::string& base : {same, ending, other}) {
    for (const std::string& next : {same, ending, other}) Diff("1" + base + "2", "3" + next + "4");
  }
}

}  // namespace
}  // namespace penstock::tlcp
