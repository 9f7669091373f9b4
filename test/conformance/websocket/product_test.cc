// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What the product's own path makes of the same: handshakes (RFC 6455 section 4), text only, and
// its limit of a message.

#include <gtest/gtest.h>

#include "case.h"
#include "echo_server.h"

namespace penstock::test {
namespace {

constexpr std::string_view kPath = "/lightstreamer";
constexpr std::string_view kOffer = "Sec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com\r\n";

class ProductTest : public testing::Test {
 protected:
  // The status of the answer to a handshake with these headers.
  std::string Handshake(std::string_view headers, std::string_view line = "GET /lightstreamer") {
    Peer peer(server_.port());
    std::string request(line);
    request += line.find(" HTTP/") == std::string_view::npos ? " HTTP/1.1\r\n" : "\r\n";
    request += "Host: localhost\r\n";
    request += headers;
    request += "\r\n";
    head_ = peer.Ask(request);
    return head_.size() < 12 ? head_ : head_.substr(9, 3);
  }
  // What the server closes with after `bytes`.
  int CloseCodeAfter(std::string_view bytes) {
    Peer peer(server_.port());
    EXPECT_EQ(peer.Open(kPath, kOffer), "");
    peer.Send(bytes);
    const Heard heard = peer.Hear();
    EXPECT_EQ(heard.opcode, 8u) << heard.Describe();
    peer.Send(CloseFrame(heard.close_code()));
    EXPECT_EQ(peer.Hear().Describe(), "end");
    return heard.close_code();
  }
  bool HeadHas(std::string_view line) const { return head_.find(line) != std::string::npos; }

  EchoServer server_;
  std::string head_;
};

const std::string kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";
const std::string kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kProtocol(kOffer);

TEST_F(ProductTest, AnswersTheHandshake) {
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kKey + kProtocol), "101");
  EXPECT_TRUE(HeadHas("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) << head_;
  EXPECT_TRUE(HeadHas(kProtocol)) << head_;
  EXPECT_TRUE(HeadHas("Upgrade: websocket\r\n")) << head_;
  EXPECT_TRUE(HeadHas("Connection: Upgrade\r\n")) << head_;
}

TEST_F(ProductTest, ReadsHeadersInAnyCaseAndAsLists) {
  EXPECT_EQ(Handshake("uPGRADE: WebSocket\r\ncONNECTION: keep-alive, uPgRaDe\r\n"
                      "sec-websocket-VERSION: 13\r\n" +
                      kKey + kProtocol),
            "101");
  EXPECT_EQ(
      Handshake("Upgrade: h2c, websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" +
                kVersion + kKey + kProtocol),
      "101");
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kKey +
                      "Sec-WebSocket-Protocol: other, TLCP-2.5.0.lightstreamer.com\r\n"),
            "101");
}

TEST_F(ProductTest, DeclinesEveryExtension) {
  EXPECT_EQ(
      Handshake(kUpgrade + kVersion + kKey + kProtocol +
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x\r\n"),
      "101");
  EXPECT_FALSE(HeadHas("Extensions")) << head_;
}

TEST_F(ProductTest, TellsWhichVersionItSpeaks) {
  for (const std::string_view version : {"8", "0", "14", "13, 8", "x", ""}) {
    EXPECT_EQ(Handshake(kUpgrade + "Sec-WebSocket-Version: " + std::string(version) + "\r\n" +
                        kKey + kProtocol),
              "426")
        << version;
    EXPECT_TRUE(HeadHas("Sec-WebSocket-Version: 13\r\n")) << head_;
  }
  EXPECT_EQ(Handshake(kUpgrade + kKey + kProtocol), "426");
}

TEST_F(ProductTest, RefusesBadKeys) {
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kProtocol), "400");
  for (const std::string_view key :
       {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZWQ=",
        "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j*Q=="}) {
    EXPECT_EQ(Handshake(kUpgrade + kVersion + "Sec-WebSocket-Key: " + std::string(key) + "\r\n" +
                        kProtocol),
              "400")
        << key;
  }
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kKey + kKey + kProtocol), "400");
}

TEST_F(ProductTest, RefusesOtherMethodsVersionsOfHttpAndBodies) {
  const std::string good = kUpgrade + kVersion + kKey + kProtocol;
  EXPECT_EQ(Handshake(good, "POST /lightstreamer"), "400");
  EXPECT_EQ(Handshake(good, "HEAD /lightstreamer"), "400");
  EXPECT_EQ(Handshake(good, "GET /lightstreamer HTTP/1.0"), "400");
  EXPECT_EQ(Handshake(good + "Content-Length: 5\r\n"), "");  // waits for the body
}

TEST_F(ProductTest, RefusesWhatIsNoUpgrade) {
  EXPECT_EQ(Handshake(kVersion + kKey + kProtocol), "426");
  EXPECT_TRUE(HeadHas("Upgrade: websocket\r\n")) << head_;
  EXPECT_EQ(Handshake("Upgrade: websocket\r\n" + kVersion + kKey + kProtocol), "426");
  EXPECT_EQ(Handshake("Connection: Upgrade\r\n" + kVersion + kKey + kProtocol), "426");
  EXPECT_EQ(
      Handshake("Upgrade: web-socket\r\nConnection: Upgrade\r\n" + kVersion + kKey + kProtocol),
      "426");
}

TEST_F(ProductTest, WantsASubprotocolThatItSpeaks) {
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kKey), "400");
  EXPECT_EQ(Handshake(kUpgrade + kVersion + kKey + "Sec-WebSocket-Protocol: chat\r\n"), "400");
}

TEST_F(ProductTest, TakesTextOnly) { EXPECT_EQ(CloseCodeAfter(Frame(kBinary, "wsok")), 1003); }

TEST_F(ProductTest, RefusesWhatIsBeyondTheRequestLimit) {
  EXPECT_EQ(CloseCodeAfter(Frame(kText, std::string(EchoServer::kRequestLimit + 1, 'x'))), 1009);
  // By the size that is announced: the rest never comes.
  EXPECT_EQ(CloseCodeAfter(Frame(kText, std::string(EchoServer::kMaxEcho, 'x')).substr(0, 14)),
            1009);
  EXPECT_EQ(CloseCodeAfter(Frame(kText, std::string(EchoServer::kRequestLimit, 'x'), false) +
                           Frame(kContinuation, "x")),
            1009);
}

TEST_F(ProductTest, TakesARequestOfTheLimit) {
  Peer peer(server_.port());
  ASSERT_EQ(peer.Open(kPath, kOffer), "");
  peer.Send(Frame(kText, std::string(EchoServer::kRequestLimit, 'x')));
  EXPECT_TRUE(peer.Hear().payload.starts_with("ERROR,67,"));
}

TEST_F(ProductTest, RefusesFramesWithoutMask) {
  EXPECT_EQ(CloseCodeAfter(std::string("\x81\x04wsok", 6)), 1002);
}

TEST_F(ProductTest, SaysNothingAfterItsCloseFrame) {
  Peer peer(server_.port());
  ASSERT_EQ(peer.Open(kPath, kOffer), "");
  peer.Send(Frame(kText, "wsok") + Frame(kBinary, "x") + Frame(kText, "wsok") + Frame(kPing, "p"));
  EXPECT_EQ(peer.Hear().Describe(), "text WSOK\r\n");
  EXPECT_EQ(peer.Hear().Describe(), "close 1003");
  EXPECT_TRUE(peer.Silent());
  peer.Send(CloseFrame(1003));
  EXPECT_EQ(peer.Hear().Describe(), "end");
}

}  // namespace
}  // namespace penstock::test
