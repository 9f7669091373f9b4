// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/proxy_header.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace penstock::tcp {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

constexpr std::string_view kStart = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::string_view kV4 = "\x0a\x01\x02\x03\x0a\0\0\x01\xc3\x50\x01\xbb"sv;

std::string V2(std::uint8_t command, std::uint8_t family, std::string_view block) {
  std::string header(kStart);
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(block.size() >> 8);
  header += static_cast<char>(block.size() & 0xff);
  header += block;
  return header;
}

std::string Text(ProxyResult result, const ProxyHeaderParser& parser, std::size_t used) {
  if (result == ProxyResult::kNeedMore) return "more";
  if (result == ProxyResult::kError) return std::string(parser.error());
  std::string text = std::to_string(used) + " ";
  if (!parser.client()) return text + "itself";
  return text + AddressText(*parser.client()) + " " + std::to_string(parser.client()->port());
}

std::string Read(std::string_view bytes) {
  ProxyHeaderParser parser;
  std::size_t used = 0;
  const ProxyResult result = parser.Consume(bytes, &used);
  return Text(result, parser, used);
}

std::string ReadCut(std::string_view bytes, std::size_t cut) {
  ProxyHeaderParser parser;
  std::size_t first = 0, second = 0;
  ProxyResult result = parser.Consume(bytes.substr(0, cut), &first);
  if (result == ProxyResult::kNeedMore) result = parser.Consume(bytes.substr(cut), &second);
  return Text(result, parser, first + second);
}

TEST(ProxyHeader, V1TellsTheSource) {
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 50000 443\r\nGET /"), "40 10.1.2.3 50000");
  EXPECT_EQ(Read("PROXY TCP6 2001:db8::7 ::1 1 65535\r\n"), "36 2001:db8::7 1");
  EXPECT_EQ(Read("PROXY TCP6 ::ffff:10.1.2.3 ::1 1 2\r\n"), "36 10.1.2.3 1");
}

TEST(ProxyHeader, V1UnknownIsTheConnectionItself) {
  EXPECT_EQ(Read("PROXY UNKNOWN\r\nGET /"), "15 itself");
  EXPECT_EQ(Read("PROXY UNKNOWN ffff::1 whatever 1 2\r\n"), "36 itself");
}

TEST(ProxyHeader, V1OfTheLongestLineIsRead) {
  const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), kMaxProxyV1Bytes);
  EXPECT_EQ(Read(longest), "107 itself");
  EXPECT_EQ(Read("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"),
            "PROXY header longer than 107 bytes");
}

TEST(ProxyHeader, V1RefusesWhatIsNotExactlyAHeader) {
  const std::string bad = "bad address in PROXY header";
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 50000\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 50000 443 \r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4  10.1.2.3 10.0.0.1 50000 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2 10.0.0.1 50000 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3\0x 10.0.0.1 50000 443\r\n"sv), bad);
  EXPECT_EQ(Read("PROXY TCP4 ::1 ::1 50000 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP6 10.1.2.3 10.0.0.1 50000 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP6 fe80::1%eth0 ::1 50000 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 65536 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 -1 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY TCP4 10.1.2.3 10.0.0.1 080 443\r\n"), bad);
  EXPECT_EQ(Read("PROXY UDP4 10.1.2.3 10.0.0.1 1 2\r\n"), "unknown family in PROXY header");
  EXPECT_EQ(Read("PROXY \r\n"), "unknown family in PROXY header");
  EXPECT_EQ(Read("PROXY UNKNOWN\n"), "bad line in PROXY header");
}

TEST(ProxyHeader, OtherBytesAreRefusedAtTheFirstThatDiffers) {
  EXPECT_EQ(Read("G"), "no PROXY header");
  EXPECT_EQ(Read("\x16\x03\x01"), "no PROXY header");
  EXPECT_EQ(Read("PROXX"), "no PROXY header");
  EXPECT_EQ(Read("proxy "), "no PROXY header");
  EXPECT_EQ(Read("\r\n\r\n\r"), "no PROXY header");
  EXPECT_EQ(Read("PROX"), "more");
}

TEST(ProxyHeader, V2TellsTheSource) {
  EXPECT_EQ(Read(V2(0x21, 0x11, kV4) + "GET /"), "28 10.1.2.3 50000");
  const std::string v6 = "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x07" +
                         std::string(16, '\x01') + "\x04\xd2\x01\xbb";
  EXPECT_EQ(Read(V2(0x21, 0x21, v6)), "52 2001:db8::7 1234");
}

TEST(ProxyHeader, V2SkipsWhatFollowsTheAddresses) {
  const std::string more = std::string(kV4) + "\x04\0\x03xyz"s + std::string(300, '\xff');
  EXPECT_EQ(Read(V2(0x21, 0x11, more) + "rest"), "334 10.1.2.3 50000");
}

TEST(ProxyHeader, V2WithoutAnAddressOfTcpIsTheConnectionItself) {
  EXPECT_EQ(Read(V2(0x20, 0x00, "")), "16 itself");
  EXPECT_EQ(Read(V2(0x20, 0x11, kV4)), "28 itself");
  EXPECT_EQ(Read(V2(0x20, 0xff, "what")), "20 itself");
  EXPECT_EQ(Read(V2(0x21, 0x00, "what")), "20 itself");
  EXPECT_EQ(Read(V2(0x21, 0x31, std::string(216, 'u'))), "232 itself");
}

TEST(ProxyHeader, V2RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(Read(V2(0x11, 0x11, kV4)), "unknown command in PROXY header");
  EXPECT_EQ(Read(V2(0x22, 0x11, kV4)), "unknown command in PROXY header");
  EXPECT_EQ(Read(V2(0x21, 0x12, kV4)), "unknown family in PROXY header");
  EXPECT_EQ(Read(V2(0x21, 0x41, kV4)), "unknown family in PROXY header");
}

TEST(ProxyHeader, V2RefusesABlockThatIsTooShortForItsFamily) {
  EXPECT_EQ(Read(V2(0x21, 0x11, kV4.substr(1))), "short PROXY header");
  EXPECT_EQ(Read(V2(0x21, 0x21, std::string(35, 'x'))), "short PROXY header");
  EXPECT_EQ(Read(V2(0x21, 0x31, std::string(215, 'x'))), "short PROXY header");
}

TEST(ProxyHeader, V2IsBounded) {
  EXPECT_EQ(Read(V2(0x20, 0x00, std::string(4080, 'x'))), "4096 itself");
  // Told by the length alone.
  EXPECT_EQ(Read(V2(0x20, 0x00, std::string(4081, 'x')).substr(0, 16)),
            "PROXY header longer than 4096 bytes");
}

TEST(ProxyHeader, EverySplitTellsTheSame) {
  const std::string inputs[] = {
      "PROXY TCP4 10.1.2.3 10.0.0.1 50000 443\r\nGET / HTTP/1.1\r\n\r\n",
      "PROXY TCP6 2001:db8::7 ::1 1 2\r\nPROXY",
      "PROXY UNKNOWN\r\n\r\n",
      "PROXY TCP4 1.2.3.4\r\n",
      "PROXY " + std::string(200, 'x'),
      V2(0x21, 0x11, std::string(kV4) + "\x04\0\x01x"s) + "\r\n\r\n",
      V2(0x20, 0x00, "") + "\r\n\r\n",
      V2(0x21, 0x21, "short") + "rest",
      V2(0x55, 0x11, kV4),
      std::string(kStart.substr(0, 9)) + "GET /",
      "GET / HTTP/1.1\r\n\r\n",
  };
  for (const std::string& input : inputs) {
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      EXPECT_EQ(ReadCut(input, cut), Read(input)) << "cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace penstock::tcp
