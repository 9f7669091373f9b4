// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a stranger can and cannot do: time, memory, connections.

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

class LimitsTest : public EndpointTest {};

TEST_F(LimitsTest, AHeadThatTricklesInIsCutFromItsFirstByteOn) {
  options_.read_timeout = Millis(5000);
  Start();
  TestClient client = Connect(0);
  Turn();
  const std::string_view head = "GET /x HTTP/1.1\r\nHost: x\r\nX-Long: ";
  bool sent = true;
  for (int i = 0; i < 9; ++i) {
    sent = client.Send(head.substr(i, 1));
    Advance(Millis(500));
  }
  EXPECT_TRUE(sent);
  client.Receive();
  EXPECT_FALSE(client.ended());
  Advance(Millis(600));
  EXPECT_TRUE(ExpectEnd(client));
  EXPECT_EQ(endpoint(0).counters().read_timeouts, 1u);
}

TEST_F(LimitsTest, ABodyThatTricklesInIsCutToo) {
  options_.read_timeout = Millis(5000);
  Start();
  TestClient client = Connect(0);
  client.Send("POST /lightstreamer/control.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  for (int i = 0; i < 12; ++i) {
    client.Send("x");
    Advance(Millis(500));
  }
  EXPECT_TRUE(ExpectEnd(client));
}

TEST_F(LimitsTest, AConnectionThatSaysNothingIsClosed) {
  options_.read_timeout = Millis(5000);
  Start();
  TestClient silent = Connect(0), served = Connect(0);
  served.Send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Expect(served, "page"));
  Advance(Millis(5100));
  EXPECT_TRUE(ExpectEnd(silent));
  EXPECT_TRUE(ExpectEnd(served));
  EXPECT_EQ(endpoint(0).connection_count(), 0u);
}

TEST_F(LimitsTest, AWebSocketWithoutASessionIsClosedAndOneWithASessionIsNot) {
  options_.read_timeout = Millis(5000);
  Start();
  TestClient idle = Connect(0), bound = Connect(0);
  Open(idle);
  Open(bound);
  bound.SendText("create_session\r\nLS_cid=test");
  ASSERT_TRUE(Expect(bound, "CONOK,"));
  Advance(Millis(3000));
  idle.SendFrame(9, "still here");
  Advance(Millis(2100));
  ASSERT_TRUE(Expect(idle, "idle"));
  EXPECT_FALSE(idle.ended());  // until the client has answered
  idle.SendClose(1000);
  ASSERT_TRUE(ExpectEnd(idle));
  EXPECT_EQ(Messages(idle.text()), "[pong still here][close 1000]");
  Advance(Millis(20'000));
  bound.Receive();
  EXPECT_FALSE(bound.ended());
  bound.SendText("control\r\nLS_reqId=1&LS_op=destroy");
  ASSERT_TRUE(Expect(bound, "END,31"));
  Advance(Millis(5100));
  ASSERT_TRUE(Expect(bound, "idle"));
  Advance(options_.closing_wait);  // it does not answer
  EXPECT_TRUE(ExpectEnd(bound));
}

TEST_F(LimitsTest, AFloodOfPingsWithoutReadingKeepsOnePongAndIsCutOffInTheEnd) {
  options_.send_backlog = 10'000;
  options_.write_timeout = Millis(3000);
  Start();
  TestClient client = Connect(0, 4096);
  Open(client);
  const std::string payload(100, 'p');
  for (int i = 0; i < 100'000; ++i) {
    client.SendFrame(9, payload);
    if (i % 1000 == 0 || !client.all_sent()) Turn(1);
  }
  Turn();
  EXPECT_EQ(endpoint(0).counters().slow_readers, 0u);  // pongs did not pile up
  Advance(Millis(3200));
  EXPECT_EQ(endpoint(0).counters().slow_readers, 1u);
  EXPECT_EQ(endpoint(0).connection_count(), 0u);
}

TEST_F(LimitsTest, OfPingsThatPiledUpTheLatestIsAnswered) {
  Start();
  TestClient client = Connect(0, 4096);
  Open(client);
  const std::string payload(100, 'p');
  for (int i = 0; i < 100'000; ++i) {
    client.SendFrame(9, payload);
    if (i % 1000 == 0 || !client.all_sent()) Turn(1);
  }
  for (int i = 0; i < 1000 && !client.all_sent(); ++i) {
    client.Send("");
    Turn(1);
  }
  Turn(20);
  client.SendFrame(9, "latest");
  Turn(20);
  ASSERT_TRUE(Expect(client, "latest"));
  EXPECT_LT(Messages(client.text()).size(), 100'000 * payload.size());
  EXPECT_FALSE(client.ended());
}

TEST_F(LimitsTest, AFloodOfRequestsWithoutReadingIsCutOff) {
  options_.send_backlog = 10'000;
  Start();
  TestClient client = Connect(0, 4096);
  Open(client);
  const std::string request = "control\r\nLS_op=destroy&LS_reqId=" + std::string(100, 'p');
  for (int i = 0; i < 200'000 && endpoint(0).counters().slow_readers == 0; ++i) {
    client.SendText(request);
    if (i % 1000 == 0 || !client.all_sent()) Advance(Millis(1));
  }
  Turn();
  EXPECT_EQ(endpoint(0).counters().slow_readers, 1u);
  EXPECT_EQ(endpoint(0).connection_count(), 0u);
}

TEST_F(LimitsTest, AStreamThatIsNotReadIsCutAfterTheWriteTimeout) {
  options_.write_timeout = Millis(3000);
  Start();
  TestClient stream = Connect(0, 4096), control = Connect(0);
  const std::string id = Create(stream);
  control.Send(Post("control",
                    "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f",
                    "&LS_session=" + id));
  ASSERT_TRUE(Expect(control, "REQOK,1"));
  for (int i = 0; i < 60; ++i) Update("a", std::to_string(i) + std::string(100'000, 'x'));
  EXPECT_TRUE(Find(id)->bound());
  Advance(Millis(3200));
  EXPECT_EQ(endpoint(0).counters().slow_readers, 1u);
  ASSERT_NE(Find(id), nullptr);
  EXPECT_FALSE(Find(id)->bound());
}

TEST_F(LimitsTest, RequestsPipelinedBehindAStreamWaitInTheKernel) {
  options_.request_limit = 1000;
  options_.max_head_bytes = 1000;
  Start();
  TestClient stream = Connect(0);
  Create(stream);
  const std::string request = Post("heartbeat", "\r\n", "&LS_session=x");
  std::string many;
  while (many.size() < 1'000'000) many += request;
  // The server takes a bounded part only, so that the kernel's buffers fill up.
  std::size_t refused = 0;
  for (int i = 0; i < 60; ++i) {
    stream.Send(many);
    Turn(2);
    ++refused;
  }
  EXPECT_EQ(refused, 60u);
  EXPECT_EQ(endpoint(0).counters().http_requests, 1u);
  EXPECT_EQ(endpoint(0).connection_count(), 1u);
}

TEST_F(LimitsTest, ConnectionsBeyondTheLimitAreClosedAtOnce) {
  max_connections_ = 2;
  Start();
  TestClient first = Connect(0), second = Connect(0), third = Connect(0);
  EXPECT_TRUE(ExpectEnd(third));
  first.Send("GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(ExpectEnd(first));
  EXPECT_EQ(endpoint(0).counters().refused_connections, 1u);
  Advance(std::chrono::seconds(3));
  TestClient fourth = Connect(0);
  fourth.Send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(Expect(fourth, "page"));
}

}  // namespace
}  // namespace penstock::test
