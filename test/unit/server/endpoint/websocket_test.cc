// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Sessions over WebSockets on real sockets (TLCP §1.3).

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

constexpr std::string_view kCreate = "create_session\r\nLS_cid=test&LS_user=u";

class WebSocketTest : public EndpointTest {
 protected:
  std::string CreateOn(TestClient& client) {
    client.SendText("wsok");
    client.SendText(kCreate);
    EXPECT_TRUE(Expect(client, "CONS,")) << client.text();
    return SessionId(client.text());
  }
};

TEST_F(WebSocketTest, RequestsBehindACreateWaitForItsAnswer) {
  Start();
  metadata_.hold = true;
  TestClient client = Connect(0);
  client.Send(Handshake());
  client.SendText("wsok");
  client.SendText(kCreate);
  client.SendText(
      "control\r\nLS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f");
  Turn();
  client.Receive();
  EXPECT_EQ(Messages(client.text()), "WSOK\r\n");
  On(0, [&] { metadata_.Release(); });
  ASSERT_TRUE(Expect(client, "SUBOK,1,1,1"));
  const std::string text = Messages(client.text());
  EXPECT_TRUE(text.starts_with("WSOK\r\n")) << text;
  EXPECT_LT(text.find("CONOK,"), text.find("REQOK,1")) << text;
  EXPECT_NE(text.find("REQOK,1"), std::string::npos) << text;
  Update("a", "v");
  EXPECT_TRUE(Expect(client, "U,1,1,v"));
}

TEST_F(WebSocketTest, WhatIsSaidInOneTurnLeavesTogether) {
  Start();
  TestClient client = Connect(0);
  client.Send(Handshake());
  client.SendText(kCreate);
  ASSERT_TRUE(Expect(client, "CONS,"));
  EXPECT_EQ(client.Segments(), 1u);  // the end of the handshake, and CONOK
  client.SendText("heartbeat\r\n");
  client.SendText(
      "control\r\nLS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f");
  client.SendText("control\r\nLS_reqId=2&LS_op=constrain&LS_requested_max_bandwidth=40");
  ASSERT_TRUE(Expect(client, "SUBOK,1,1,1"));
  EXPECT_EQ(client.Segments(), 2u);
  const std::string text = Messages(client.text());
  EXPECT_LT(text.find("REQOK,1"), text.find("SUBOK,1,1,1")) << text;
  EXPECT_LT(text.find("REQOK,2"), text.find("SUBOK,1,1,1")) << text;
}

TEST_F(WebSocketTest, TheHeadOfTheHandshakeIsKeptOnceForAll) {
  Start();
  TestClient one = Connect(0);
  TestClient two = Connect(0);
  Open(one);
  std::string other = Handshake();
  other.replace(other.find("dGhlIHNhbXBsZSBub25jZQ=="), 24, "AAAAAAAAAAAAAAAAAAAAAA==");
  two.Send(other);
  ASSERT_TRUE(Expect(two, "101"));
  EXPECT_EQ(endpoint(0).texts().size(), 1u);
}

TEST_F(WebSocketTest, ASecondStreamOnTheSameSocketIsRefused) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  CreateOn(client);
  client.SendText(kCreate);
  EXPECT_TRUE(Expect(client, "CONERR,69,"));
}

TEST_F(WebSocketTest, TheSocketStaysAfterALoopAndTakesTheNextBind) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  const std::string id = CreateOn(client);
  client.SendText("control\r\nLS_reqId=1&LS_op=force_rebind");
  ASSERT_TRUE(Expect(client, "LOOP,0"));
  client.Forget();
  client.SendText("bind_session\r\nLS_session=" + id);
  EXPECT_TRUE(Expect(client, "CONOK," + id));
  client.SendText("control\r\nLS_reqId=2&LS_op=destroy&LS_close_socket=true");
  EXPECT_TRUE(Expect(client, "END,31,"));
  client.SendClose(1000);
  ASSERT_TRUE(ExpectEnd(client));
  EXPECT_TRUE(Messages(client.text()).ends_with("[close 1000]"));
}

TEST_F(WebSocketTest, ACloseFrameIsAnsweredAndUnbindsTheSession) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  const std::string id = CreateOn(client);
  client.SendFrame(8, std::string("\x03\xe9", 2) + "bye");
  client.SendText("control\r\nLS_reqId=1&LS_op=destroy");  // too late
  ASSERT_TRUE(ExpectEnd(client));
  EXPECT_TRUE(Messages(client.text()).ends_with("[close 1001]")) << Messages(client.text());
  ASSERT_NE(Find(id), nullptr);
  EXPECT_FALSE(Find(id)->bound());
}

TEST_F(WebSocketTest, AMessageBeyondTheRequestLimitIsRefusedByItsSize) {
  options_.request_limit = 1000;
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendText(std::string(2000, 'x'));
  ASSERT_TRUE(ExpectEnd(client));
  EXPECT_EQ(Messages(client.text()), "[close 1009]");
}

TEST_F(WebSocketTest, BinaryMessagesAreRefused) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendFrame(2, "wsok");
  ASSERT_TRUE(Expect(client, "text only"));
  client.SendText("wsok");  // is not heard any more
  client.SendFrame(9, "ping");
  client.SendClose(1003);
  ASSERT_TRUE(ExpectEnd(client));
  EXPECT_EQ(Messages(client.text()), "[close 1003]");
}

TEST_F(WebSocketTest, ALongMessageGoesOutInFragmentsIfTheOptionsSaySo) {
  options_.max_ws_frame = 100;
  Start();
  TestClient client = Connect(0);
  Open(client);
  CreateOn(client);
  client.SendText(
      "control\r\nLS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f");
  ASSERT_TRUE(Expect(client, "SUBOK,1,1,1"));
  client.Forget();
  Update("a", std::string(150, 'v'));
  ASSERT_TRUE(Expect(client, "v\r\n"));
  const std::string line = "U,1,1," + std::string(150, 'v') + "\r\n";
  EXPECT_EQ(client.text(), "\x01\x64" + line.substr(0, 100) + "\x80\x3A" + line.substr(100));
}

TEST_F(WebSocketTest, ARequestMayComeInFragmentsWithPingsBetween) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendFrame(1, "create_", false);
  client.SendFrame(9, "one");
  client.SendFrame(0, "session\r\nLS_cid=te", false);
  client.SendFrame(9, "two");
  client.SendFrame(0, "st");
  ASSERT_TRUE(Expect(client, "CONS,"));
  const std::string text = Messages(client.text());
  EXPECT_TRUE(text.starts_with("[pong one][pong two]CONOK,")) << text;
}

TEST_F(WebSocketTest, AnUnknownRequestIsAnErrorAndASessionThatIsNotThereToo) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendText("nonsense\r\nLS_x=1");
  EXPECT_TRUE(Expect(client, "ERROR,67,"));
  client.SendText("control\r\nLS_reqId=7&LS_op=destroy");
  EXPECT_TRUE(Expect(client, "REQERR,7,20,"));
}

TEST_F(WebSocketTest, AClientThatLeavesRightBehindItsDestroyIsHeard) {
  Start();
  std::string id;
  {
    TestClient client = Connect(0);
    Open(client);
    id = CreateOn(client);
    client.SendText("control\r\nLS_reqId=1&LS_op=destroy");
  }
  Turn(10);
  EXPECT_EQ(Find(id), nullptr);
}

TEST_F(WebSocketTest, ABindElsewhereLeavesTheOldSocketForRequests) {
  Start();
  TestClient first = Connect(0), second = Connect(0);
  Open(first);
  Open(second);
  const std::string id = CreateOn(first);
  second.SendText("bind_session\r\nLS_session=" + id);
  ASSERT_TRUE(Expect(second, "CONOK," + id));
  first.Forget();
  first.SendText("control\r\nLS_reqId=5&LS_op=destroy&LS_session=" + id);
  EXPECT_TRUE(Expect(first, "REQOK,5"));
  EXPECT_TRUE(Expect(second, "END,31,"));
  EXPECT_FALSE(first.Has("END"));
}

}  // namespace
}  // namespace penstock::test
