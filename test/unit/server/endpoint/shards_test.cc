// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Requests on connections that landed on another shard than their session.

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

constexpr std::string_view kAdd =
    "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=a&LS_schema=f";

class ShardsTest : public EndpointTest {
 protected:
  // A session on shard 1, unbound.
  std::string UnboundSession() {
    TestClient client = Connect(1);
    const std::string id = Create(client, "&LS_polling=true&LS_polling_millis=0");
    EXPECT_TRUE(id.ends_with("T1")) << id;
    EXPECT_TRUE(Expect(client, "LOOP,0"));
    return id;
  }
};

TEST_F(ShardsTest, AControlRequestFindsItsSessionAndItsAnswerFindsBack) {
  Start();
  TestClient stream = Connect(1), control = Connect(0);
  const std::string id = Create(stream);
  control.Send(Post("control", std::string(kAdd) + "\r\nLS_reqId=2&LS_op=delete&LS_subId=9",
                    "&LS_session=" + id));
  EXPECT_TRUE(Expect(control, "REQOK,1"));
  EXPECT_TRUE(Expect(control, "REQERR,2,19,"));
  Update("a", "v");  // from an adapter on shard 0
  EXPECT_TRUE(Expect(stream, "U,1,1,v"));
}

TEST_F(ShardsTest, AnHttpBindTakesItsConnectionAlongWithWhatIsBehind) {
  Start();
  const std::string id = UnboundSession();
  TestClient client = Connect(0);
  client.Send(Post("heartbeat", "\r\n", "&LS_session=x") +
              Post("bind_session", "LS_session=" + id + "&LS_polling=true&LS_polling_millis=0") +
              Post("control", kAdd, "&LS_session=" + id));
  ASSERT_TRUE(Expect(client, "REQOK,1")) << client.text();
  EXPECT_LT(client.text().find("REQOK\r\n"), client.text().find("CONOK"));
  EXPECT_LT(client.text().find("LOOP,0"), client.text().find("REQOK,1"));
  EXPECT_EQ(endpoint(0).connection_count(), 0u);
  EXPECT_EQ(endpoint(0).counters().handed_over, 1u);
}

TEST_F(ShardsTest, ABodyThatCameInPiecesIsHandedOverToo) {
  Start();
  const std::string id = UnboundSession();
  TestClient client = Connect(0);
  const std::string request = Post("bind_session", "LS_session=" + id);
  client.Send(std::string_view(request).substr(0, request.size() - 10));
  Turn();
  client.Send(std::string_view(request).substr(request.size() - 10));
  EXPECT_TRUE(Expect(client, "CONOK," + id)) << client.text();
}

TEST_F(ShardsTest, AWebSocketMovesToTheShardOfTheSessionItBinds) {
  Start();
  const std::string id = UnboundSession();
  TestClient client = Connect(0);
  client.Send(Handshake());
  client.SendText("wsok");
  client.SendText("bind_session\r\nLS_session=" + id);
  client.SendText("control\r\n" + std::string(kAdd));
  client.Send(std::string_view("\x81\xfe", 2));  // the next frame has only begun
  ASSERT_TRUE(Expect(client, "SUBOK,1,1,1"));
  const std::string text = Messages(client.text());
  EXPECT_TRUE(text.starts_with("WSOK\r\nCONOK," + id)) << text;
  EXPECT_EQ(endpoint(0).connection_count(), 0u);
  EXPECT_EQ(endpoint(1).connection_count(), 1u);
  Update("a", "v");
  EXPECT_TRUE(Expect(client, "U,1,1,v"));
  const std::string rest = "control\r\nLS_reqId=2&LS_op=destroy&LS_cause=" + std::string(200, 'x');
  client.Send(std::string(1, '\0') + static_cast<char>(rest.size()) + std::string(4, '\0') + rest);
  EXPECT_TRUE(Expect(client, "END,31"));
}

TEST_F(ShardsTest, MessagesThatWaitedForACreateFollowTheirSocket) {
  Start();
  const std::string id = UnboundSession();
  TestClient client = Connect(0);
  Open(client);
  metadata_.hold = true;
  client.SendText("create_session\r\nLS_cid=test&LS_adapter_set=DEFAULT");
  client.SendText("control\r\nLS_reqId=8&LS_op=destroy");
  client.SendText("bind_session\r\nLS_session=" + id);
  client.SendText("control\r\n" + std::string(kAdd));
  client.SendText("control\r\nLS_reqId=2&LS_op=constrain&LS_requested_max_bandwidth=9");
  Turn();
  On(0, [&] { metadata_.Release(); });
  EXPECT_TRUE(Expect(client, "REQOK,8"));
  EXPECT_TRUE(Expect(client, "CONOK," + id));
  EXPECT_TRUE(Expect(client, "REQOK,1")) << Messages(client.text());
  EXPECT_TRUE(Expect(client, "REQOK,2")) << Messages(client.text());
}

TEST_F(ShardsTest, AnUnsentBacklogTravelsWithTheConnection) {
  options_.send_backlog = 100'000'000;
  Start();
  const std::string id = UnboundSession();
  TestClient client = Connect(0, 4096);
  Open(client);
  // Refused, with the id in the answer.
  const std::string id_of_request(100, 'p');
  const std::string request = "control\r\nLS_op=destroy&LS_reqId=" + id_of_request;
  client.SendText(request);
  ASSERT_TRUE(Expect(client, "REQERR," + id_of_request));
  const std::size_t answer = Messages(client.text()).size();
  client.Forget();
  constexpr int kRequests = 60'000;
  // More answers than the kernel takes.
  for (int sent = 0; sent < kRequests; ++sent) {
    ASSERT_TRUE(client.SendText(request));
    if (sent % 100 == 0 || !client.all_sent()) Turn(1);
  }
  for (int i = 0; i < 1000 && !client.all_sent(); ++i) {
    Turn(1);
    ASSERT_TRUE(client.Send(""));
  }
  Turn(50);
  client.SendText("bind_session\r\nLS_session=" + id);
  // The kernel hands over what is on its way in its own time.
  for (int i = 0; i < 5000 && endpoint(0).counters().handed_over == 0; ++i) {
    for (auto& shard : shards_) shard->RunTurn(Millis(1));
  }
  EXPECT_EQ(endpoint(0).counters().handed_over, 1u);
  ASSERT_TRUE(Expect(client, "CONOK," + id));
  const std::string text = Messages(client.text());
  EXPECT_EQ(text.find("CONOK"), kRequests * answer);
}

TEST_F(ShardsTest, AnOldSessionOnAnotherShardIsReplaced) {
  Start();
  TestClient old = Connect(1), fresh = Connect(0);
  const std::string id = Create(old);
  Create(fresh, "&LS_old_session=" + id);
  Turn();
  EXPECT_EQ(Find(id), nullptr);
  EXPECT_EQ(gate_.sessions(), 1u);
}

}  // namespace
}  // namespace penstock::test
