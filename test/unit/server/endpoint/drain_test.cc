// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// How connections end when the server does.

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

class DrainTest : public EndpointTest {
 protected:
  void CloseConnections() {
    for (std::size_t i = 0; i < kShards; ++i) On(i, [this, i] { endpoint(i).CloseConnections(); });
  }
};

TEST_F(DrainTest, IdleConnectionsEndAndWebSocketsAreTold) {
  Start();
  TestClient http = Connect(0), websocket = Connect(1);
  Open(websocket);
  http.Send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Expect(http, "page"));
  CloseConnections();
  EXPECT_TRUE(ExpectEnd(http));
  EXPECT_FALSE(http.reset());
  EXPECT_TRUE(Expect(websocket, "server shuts down"));
  websocket.SendClose(1001);
  EXPECT_TRUE(ExpectEnd(websocket));
  EXPECT_EQ(Messages(websocket.text()), "[close 1001]");
}

TEST_F(DrainTest, AConnectionOnItsWayBetweenShardsEndsToo) {
  Start();
  TestClient first = Connect(1);
  const std::string id = Create(first, "&LS_polling=true&LS_polling_millis=0");
  ASSERT_TRUE(Expect(first, "LOOP,0"));
  TestClient client = Connect(0);
  Open(client);
  client.SendText("bind_session\r\nLS_session=" + id);
  for (int i = 0; i < 100 && endpoint(0).counters().handed_over == 0; ++i) {
    shards_[0]->RunTurn(Millis(1));
  }
  ASSERT_EQ(endpoint(1).connection_count(), 1u);  // not there yet
  endpoint(1).CloseConnections();
  EXPECT_TRUE(Expect(client, "server shuts down"));
  client.SendClose(1001);
  EXPECT_TRUE(ExpectEnd(client));
  EXPECT_TRUE(Messages(client.text()).ends_with("[close 1001]")) << Messages(client.text());
}

TEST_F(DrainTest, AResponseUnderWayIsFinishedFirst) {
  Start();
  TestClient stream = Connect(1), control = Connect(0);
  const std::string id = Create(stream);
  control.Send(Post("control", "LS_reqId=1&LS_op=constrain&LS_requested_max_bandwidth=5",
                    "&LS_session=" + id));
  for (int i = 0; i < 100 && endpoint(0).counters().http_requests == 0; ++i) {
    shards_[0]->RunTurn(Millis(1));
  }
  endpoint(0).CloseConnections();
  EXPECT_TRUE(ExpectEnd(control));
  EXPECT_TRUE(control.Has("REQOK,1")) << control.text();
  EXPECT_TRUE(control.Has("Connection: close")) << control.text();
}

}  // namespace
}  // namespace penstock::test
