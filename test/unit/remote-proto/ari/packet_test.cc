// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/remote-proto/ari/packet_check.h"
#include "unit/remote-proto/ari/packets.h"

namespace penstock::ari {
namespace {

// Without the first token, which is a free timestamp in notifications.
std::string AfterId(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  const size_t bar = line.find('|');
  return std::string(bar == std::string_view::npos ? line : line.substr(bar));
}

std::string RewriteLine(std::string_view line, Shape shape, const Dialect& dialect) {
  PacketHead head;
  EXPECT_TRUE(ParseHead(line, &head).ok()) << line;
  std::string out;
  const Status status = Rewrite(head, shape, dialect, &out);
  EXPECT_TRUE(status.ok()) << line << ": " << status.message();
  return out;
}

TEST(Packet, EachIsUnderstoodAndWrittenAsItsPeerWouldRead) {
  for (const Packet& packet : kPackets) {
    const Dialect dialect{packet.version};
    const std::string once = RewriteLine(packet.line, packet.shape, dialect);
    EXPECT_EQ(AfterId(once), AfterId(packet.written.empty() ? packet.line : packet.written));
  }
}

TEST(Packet, EachSurvivesPercentEncodedAscii) {
  for (const Packet& packet : kPackets) {
    const Dialect dialect{packet.version};
    const Dialect ascii{packet.version, true, true};
    const std::string line = RewriteLine(packet.line, packet.shape, ascii);
    for (const char c : line) EXPECT_GE(c, 0) << line;
    EXPECT_EQ(AfterId(RewriteLine(line.substr(0, line.size() - 2), packet.shape, dialect)),
              AfterId(RewriteLine(packet.line, packet.shape, dialect)));
  }
}

// A2
TEST(Packet, StreamOfAllIsTheSameByteByByteAndWhole) {
  std::string stream = "\xEF\xBB\xBF";
  std::string expected;
  bool crlf = false;
  for (const Packet& packet : kPackets) {
    stream.append(packet.line).append(crlf ? "\r\n" : "\n\n");
    expected.append(packet.line).push_back('\n');
    crlf = !crlf;
  }
  expected += "end";
  EXPECT_EQ(AllLines(stream, 1, 1u << 20), expected);
  EXPECT_EQ(AllLines(stream, stream.size(), 1u << 20), expected);
  for (const size_t chunk : {2, 3, 7, 64, 1000}) {
    EXPECT_EQ(AllLines(stream, chunk, 1u << 20), expected) << "chunk " << chunk;
  }
}

// A17
TEST(Packet, EachTruncationIsAnErrorOrAnotherPacketButNeverACrash) {
  for (const Packet& packet : kPackets) {
    for (size_t size = 0; size < packet.line.size(); ++size) {
      PacketHead head;
      // A copy of exactly that size: a sanitizer sees each byte read behind it.
      const std::string line(packet.line.substr(0, size));
      if (!ParseHead(line, &head).ok()) continue;
      std::string out;
      const Status status = Rewrite(head, packet.shape, Dialect{packet.version}, &out);
      EXPECT_EQ(out.empty(), !status.ok()) << line;
    }
  }
}

TEST(ParseHead, CutsIdMethodAndArguments) {
  PacketHead head;
  ASSERT_TRUE(ParseHead("10|SUB|S|item", &head).ok());
  EXPECT_EQ(head.id, "10");
  EXPECT_EQ(head.method, Method::kSub);
  EXPECT_EQ(head.args, "S|item");
}

TEST(ParseHead, KnowsNotificationsByMethodWhateverTheFirstToken) {
  PacketHead head;
  ASSERT_TRUE(ParseHead("10|EOS|S|i|S|10", &head).ok());
  EXPECT_TRUE(IsNotification(head.method));
  ASSERT_TRUE(ParseHead("1795462736937|SUB|V", &head).ok());
  EXPECT_FALSE(IsNotification(head.method));
}

TEST(ParseHead, UnknownMethodIsNoFailure) {
  PacketHead head;
  ASSERT_TRUE(ParseHead("1|XYZ|a", &head).ok());
  EXPECT_EQ(head.method, Method::kUnknown);
  EXPECT_EQ(head.method_text, "XYZ");
}

TEST(ParseHead, RefusesLinesWithoutIdOrMethod) {
  PacketHead head;
  EXPECT_FALSE(ParseHead("", &head).ok());
  EXPECT_FALSE(ParseHead("abc", &head).ok());
  EXPECT_FALSE(ParseHead("|SUB|S|i", &head).ok());
  EXPECT_FALSE(ParseHead("1|", &head).ok());
  EXPECT_FALSE(ParseHead("1||S", &head).ok());
}

TEST(MethodText, IsReadBackForEachMethod) {
  for (auto m = static_cast<int>(Method::kRac); m <= static_cast<int>(Method::kFal); ++m) {
    const auto method = static_cast<Method>(m);
    EXPECT_EQ(ParseMethod(MethodText(method)), method);
  }
}

TEST(ParseVersion, KnowsFiveAndRefusesTheReservedOne) {
  for (const char* text : {"1.8.0", "1.8.2", "1.8.3", "1.9.0", "1.9.1"}) {
    const auto version = ParseVersion(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(VersionText(*version), text);
  }
  for (const char* text : {"1.8.1", "1.9.2", "2.0.0", "", "1.9"}) {
    EXPECT_FALSE(ParseVersion(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::ari
