// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Sessions, requests and pages over HTTP on real sockets (TLCP §1.1, §1.2).

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

constexpr std::string_view kAdd =
    "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f";

class HttpTest : public EndpointTest {
 protected:
  void Control(TestClient& client, const std::string& id, std::string_view lines) {
    client.Send(Post("control", lines, "&LS_session=" + id));
  }
};

TEST_F(HttpTest, AStreamCarriesUpdatesAndEndsInOrderWhenDestroyed) {
  Start();
  TestClient stream = Connect(0), control = Connect(0);
  const std::string id = Create(stream);
  Control(control, id, kAdd);
  ASSERT_TRUE(Expect(control, "REQOK,1\r\n")) << control.text();
  ASSERT_TRUE(Expect(stream, "SUBOK,1,1,1"));
  Update("a", "hello");
  EXPECT_TRUE(Expect(stream, "U,1,1,hello\r\n")) << stream.text();
  Control(control, id, "LS_reqId=2&LS_op=destroy");
  EXPECT_TRUE(Expect(stream, "END,31,Destroy invoked by client\r\n"));
  EXPECT_TRUE(Expect(stream, "\r\n0\r\n\r\n"));
  EXPECT_FALSE(stream.ended());  // the connection can be used again
  Create(stream);
}

TEST_F(HttpTest, RequestsBehindAPollAreServedAfterItInOrder) {
  Start();
  TestClient client = Connect(0);
  const std::string id = Create(client, "&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0");
  ASSERT_TRUE(Expect(client, "LOOP,0"));
  client.Forget();
  client.Send(Post("bind_session", "LS_session=" + id +
                                       "&LS_polling=true&LS_polling_millis=0&LS_idle_millis=2000") +
              Post("control", kAdd, "&LS_session=" + id) +
              Post("heartbeat", "\r\n", "&LS_session=x"));
  Turn();
  client.Receive();
  EXPECT_EQ(client.text(), "");
  Advance(Millis(2100));
  ASSERT_TRUE(Expect(client, "REQOK\r\n")) << client.text();
  EXPECT_LT(client.text().find("LOOP,0"), client.text().find("REQOK,1"));
  EXPECT_LT(client.text().find("REQOK,1"), client.text().find("REQOK\r\n"));
}

TEST_F(HttpTest, AnOldClientGetsAStreamThatEndsWithItsConnection) {
  Start();
  TestClient stream = Connect(0), control = Connect(0);
  stream.Send(
      "POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.0\r\n"
      "Content-Length: 11\r\n\r\nLS_cid=test");
  ASSERT_TRUE(Expect(stream, "CONS,"));
  EXPECT_FALSE(stream.Has("Transfer-Encoding"));
  EXPECT_TRUE(stream.Has("\r\n\r\nCONOK,"));
  Control(control, SessionId(stream.text()), "LS_reqId=2&LS_op=force_rebind");
  ASSERT_TRUE(ExpectEnd(stream));
  EXPECT_TRUE(stream.text().ends_with("LOOP,0\r\n"));
}

TEST_F(HttpTest, ANewBindEndsTheOldResponseInOrderWithoutAnotherLine) {
  Start();
  TestClient poll = Connect(0), stream = Connect(0), last = Connect(0);
  const std::string id = Create(poll, "&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0");
  ASSERT_TRUE(Expect(poll, "LOOP,0"));
  poll.Forget();
  const std::string bind = "LS_session=" + id;
  poll.Send(
      Post("bind_session", bind + "&LS_polling=true&LS_polling_millis=0&LS_idle_millis=9000"));
  Turn();
  stream.Send(Post("bind_session", bind));
  ASSERT_TRUE(Expect(stream, "CONOK," + id));
  ASSERT_TRUE(ExpectEnd(poll));
  EXPECT_TRUE(poll.Has("Content-Length: 0\r\n")) << poll.text();
  EXPECT_FALSE(poll.reset());
  last.Send(Post("bind_session", bind));
  ASSERT_TRUE(Expect(last, "CONOK," + id));
  ASSERT_TRUE(ExpectEnd(stream));
  EXPECT_TRUE(stream.text().ends_with("\r\n0\r\n\r\n")) << stream.text();
  EXPECT_TRUE(Find(id)->bound());
}

TEST_F(HttpTest, APollLargerThanTheBacklogArrivesWhole) {
  options_.send_backlog = 20'000;
  session_options_.content_length = 9'000'000;
  Start();
  TestClient client = Connect(0, 4096);
  const std::string id = Create(client, "&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0");
  ASSERT_TRUE(Expect(client, "LOOP,0"));
  std::string group = "i0";
  for (int i = 1; i < 60; ++i) group += "%20i" + std::to_string(i);
  Control(client, id,
          "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_schema=f&LS_group=" + group);
  ASSERT_TRUE(Expect(client, "REQOK,1"));
  for (int i = 0; i < 60; ++i) Update("i" + std::to_string(i), std::string(100'000, 'x'));
  client.Forget();
  client.Send(
      Post("bind_session",
           "LS_session=" + id + "&LS_polling=true&LS_polling_millis=0&LS_content_length=9000000"));
  Turn(20);
  EXPECT_TRUE(Expect(client, "LOOP,0\r\n"));
  EXPECT_GT(client.text().size(), 6'000'000u);
}

TEST_F(HttpTest, TheEndOfTheClientsSideStillGetsItsAnswers) {
  Start();
  TestClient stream = Connect(0), control = Connect(1);
  const std::string id = Create(stream);
  Control(control, id, kAdd);  // answered by the other shard, a turn later
  Control(control, id, "LS_reqId=2&LS_op=constrain&LS_requested_max_bandwidth=10");
  control.EndInput();
  ASSERT_TRUE(ExpectEnd(control));
  EXPECT_TRUE(control.Has("REQOK,1")) << control.text();
  EXPECT_TRUE(control.Has("REQOK,2")) << control.text();
}

TEST_F(HttpTest, TheEndOfTheClientsSideEndsAStreamAtOnce) {
  Start();
  TestClient stream = Connect(0);
  const std::string id = Create(stream);
  EXPECT_TRUE(Find(id)->bound());
  stream.EndInput();
  ASSERT_TRUE(ExpectEnd(stream));
  EXPECT_FALSE(Find(id)->bound());
  Advance(std::chrono::seconds(14));
  EXPECT_EQ(Find(id), nullptr);
}

TEST_F(HttpTest, AClientThatLeavesDuringItsCreateLeavesNoSession) {
  Start();
  metadata_.hold = true;
  {
    TestClient client = Connect(0);
    client.Send(Post("create_session", "LS_cid=test"));
    Turn();
    EXPECT_EQ(gate_.sessions(), 1u);
  }
  Turn();
  On(0, [&] { metadata_.Release(); });
  EXPECT_EQ(gate_.sessions(), 0u);
}

TEST_F(HttpTest, ALargePageReachesASlowReaderWhole) {
  options_.send_backlog = 20'000;
  pages_.body = std::make_shared<const std::string>(8'000'000, 'p');
  Start();
  TestClient client = Connect(0, 4096);
  client.Send("GET /big HTTP/1.0\r\n\r\n");
  client.EndInput();
  Turn(20);
  EXPECT_EQ(pages_.body.use_count(), 2);  // no copy for this client
  Advance(std::chrono::seconds(10));
  ASSERT_TRUE(ExpectEnd(client));
  EXPECT_FALSE(client.reset());
  const std::size_t head = client.text().find("\r\n\r\n") + 4;
  EXPECT_EQ(client.text().size() - head, pages_.body->size());
}

TEST_F(HttpTest, HeadHasTheLengthButNoBody) {
  Start();
  TestClient client = Connect(0);
  client.Send(
      "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nHEAD /lightstreamer/healthcheck HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  ASSERT_TRUE(Expect(client, "Content-Length: 4\r\n"));
  Turn();
  client.Receive();
  EXPECT_TRUE(client.text().ends_with("\r\n\r\n"));
  EXPECT_FALSE(client.Has("page"));
  EXPECT_FALSE(client.Has("OK\r\n\r\n"));
}

TEST_F(HttpTest, AClientThatWaitsForContinueIsToldToGoOnOrNot) {
  Start();
  TestClient client = Connect(0), greedy = Connect(0);
  const std::string head =
      "POST /lightstreamer/heartbeat.txt?LS_protocol=TLCP-2.5.0&LS_session=x HTTP/1.1\r\nHost: "
      "x\r\n"
      "Expect: 100-continue\r\nContent-Length: ";
  client.Send(head + "2\r\n\r\n");
  ASSERT_TRUE(Expect(client, "HTTP/1.1 100 Continue\r\n\r\n"));
  client.Send("\r\n");
  EXPECT_TRUE(Expect(client, "REQOK\r\n"));
  greedy.Send(head + "99999999\r\n\r\n");
  EXPECT_TRUE(Expect(greedy, "HTTP/1.1 413 "));
  EXPECT_TRUE(ExpectEnd(greedy));
}

TEST_F(HttpTest, ABindOfAnUnknownSessionIsAnAnswerOfTheProtocol) {
  Start();
  TestClient client = Connect(0);
  for (const char* id :
       {"nobody", "S00000000000000000000000000000000T1", "S00000000000000000000000000000000T77"}) {
    client.Forget();
    client.Send(Post("bind_session", "LS_session=" + std::string(id)));
    EXPECT_TRUE(Expect(client, "CONERR,20,")) << id;
  }
}

}  // namespace
}  // namespace penstock::test
