// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/handshake.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "transport/http/request_head_parser.h"

namespace penstock::ws {
namespace {

constexpr std::string_view kKeyLine = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kVersionLine = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kUpgradeLines = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

class HandshakeTest : public testing::Test {
 protected:
  UpgradeCheck Validate(std::string_view request_line, const std::vector<std::string_view>& lines) {
    text_ = request_line;
    text_ += "\r\nHost: h\r\n";
    for (const std::string_view line : lines) text_ += line;
    text_ += "\r\n";
    http::RequestHeadParser parser;
    http::RequestError error;
    std::size_t consumed = 0;
    EXPECT_EQ(parser.Parse(text_, http::HeadLimits(), &head_, &consumed, &error),
              http::ParseResult::kComplete)
        << error.text;
    return ValidateUpgrade(head_);
  }

  UpgradeCheck Validate(const std::vector<std::string_view>& lines) {
    return Validate("GET /lightstreamer HTTP/1.1", lines);
  }

  std::string text_;
  http::RequestHead head_;
};

TEST_F(HandshakeTest, AcceptsTheRequestOfTheStandard) {
  const UpgradeCheck check = Validate({kUpgradeLines, kVersionLine, kKeyLine});
  EXPECT_TRUE(check.ok) << check.text;
  EXPECT_EQ(check.key, "dGhlIHNhbXBsZSBub25jZQ==");
}

TEST_F(HandshakeTest, RefusesWhatIsNoUpgrade) {
  EXPECT_EQ(Validate({kVersionLine, kKeyLine}).status, 426);
  EXPECT_EQ(Validate({"Upgrade: h2c\r\nConnection: Upgrade\r\n", kVersionLine, kKeyLine}).status,
            426);
  EXPECT_EQ(Validate({kUpgradeLines, kKeyLine}).status, 426);
  EXPECT_EQ(Validate({kUpgradeLines, "Sec-WebSocket-Version: 8\r\n", kKeyLine}).status, 426);
  EXPECT_EQ(Validate({kUpgradeLines, kVersionLine, kVersionLine, kKeyLine}).status, 426);
}

TEST_F(HandshakeTest, RefusesOtherMethodsVersionsAndBodies) {
  EXPECT_EQ(Validate("POST / HTTP/1.1", {kUpgradeLines, kVersionLine, kKeyLine}).status, 400);
  EXPECT_EQ(Validate("GET / HTTP/1.0", {kUpgradeLines, kVersionLine, kKeyLine}).status, 400);
  EXPECT_EQ(Validate({kUpgradeLines, kVersionLine, kKeyLine, "Content-Length: 1\r\n"}).status, 400);
  EXPECT_FALSE(Validate("POST / HTTP/1.1", {kUpgradeLines, kVersionLine, kKeyLine}).ok);
}

TEST_F(HandshakeTest, RefusesBadKeys) {
  EXPECT_EQ(Validate({kUpgradeLines, kVersionLine}).status, 400);
  EXPECT_EQ(Validate({kUpgradeLines, kVersionLine, kKeyLine, kKeyLine}).status, 400);
  for (const std::string_view key : {"dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA",
                                     "dGhlIHNhbXBsZSBub2 jZQ==", "short==", ""}) {
    const std::string line = "Sec-WebSocket-Key: " + std::string(key) + "\r\n";
    EXPECT_EQ(Validate({kUpgradeLines, kVersionLine, line}).status, 400) << key;
  }
}

TEST_F(HandshakeTest, ReadsOffersOfAllHeadersInOrder) {
  EXPECT_TRUE(Validate({kUpgradeLines, kVersionLine, kKeyLine,
                        "Sec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com , other\r\n",
                        "sec-websocket-protocol: third\r\n"})
                  .ok);
  EXPECT_EQ(OfferedSubprotocols(head_),
            (std::vector<std::string_view>{"TLCP-2.5.0.lightstreamer.com", "other", "third"}));
}

TEST_F(HandshakeTest, ChoosesTheClientsFirstSupportedOffer) {
  Validate({kUpgradeLines, kVersionLine, kKeyLine, "Sec-WebSocket-Protocol: a, b, c\r\n"});
  EXPECT_EQ(ChooseSubprotocol(head_, std::array<std::string_view, 2>{"c", "b"}), "b");
  EXPECT_EQ(ChooseSubprotocol(head_, std::array<std::string_view, 2>{"B", "x"}), "");
}

TEST_F(HandshakeTest, RefusesMalformedOffers) {
  EXPECT_EQ(
      Validate({kUpgradeLines, kVersionLine, kKeyLine, "Sec-WebSocket-Protocol: a b\r\n"}).status,
      400);
}

TEST(Handshake, ComputesTheAcceptKeyOfTheStandard) {
  EXPECT_EQ(AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, WritesTheAnswerAndDeclinesExtensions) {
  std::string out;
  AppendSwitchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "TLCP-2.5.0.lightstreamer.com",
                           "Set-Cookie: a=b\r\n", &out);
  EXPECT_EQ(out,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com\r\nSet-Cookie: a=b\r\n\r\n");
}

TEST(Handshake, NamesNoSubprotocolWhenNoneWasChosen) {
  std::string out;
  AppendSwitchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "", "", &out);
  EXPECT_EQ(out.find("Protocol:"), std::string::npos);
  EXPECT_TRUE(out.ends_with("=\r\n\r\n"));
}

}  // namespace
}  // namespace penstock::ws
