// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Messages of clients on every way in (TLCP §3.8).

#include "endpoint_house.h"
#include "session/session.h"

namespace penstock::test {
namespace {

constexpr std::string_view kBatch =
    "LS_reqId=1&LS_message=m1&LS_outcome=false&LS_ack=false\r\n"
    "LS_reqId=2&LS_message=m2&LS_msg_prog=1\r\n"
    "LS_reqId=3&LS_message=m3&LS_outcome=false&LS_sequence=seq&LS_msg_prog=1\r\n"
    "LS_reqId=4&LS_message=m4&LS_sequence=seq&LS_msg_prog=2";

class MessagesTest : public EndpointTest {
 protected:
  std::vector<std::string> Messages(const std::string& id) {
    std::vector<std::string> log;
    for (const char* text : {" m1", " m2", " m3", " m4"}) log.push_back(id + text);
    return log;
  }
};

TEST_F(MessagesTest, ABatchOnAWebSocketKeepsItsOrderAndSaysWhatWasAsked) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendText("wsok");
  client.SendText("create_session\r\nLS_cid=test&LS_user=u");
  ASSERT_TRUE(Expect(client, "CONS,"));
  const std::string id = SessionId(client.text());
  client.Forget();
  client.SendText("msg\r\n" + std::string(kBatch));
  ASSERT_TRUE(Expect(client, "MSGDONE,seq,2,\r\n"));
  EXPECT_EQ(metadata_.log, Messages(id));
  EXPECT_FALSE(client.Has("REQOK,1"));
  EXPECT_TRUE(client.Has("REQOK,2\r\n"));
  EXPECT_TRUE(client.Has("REQOK,3\r\n"));
  EXPECT_TRUE(client.Has("MSGDONE,*,1,\r\n"));
  EXPECT_FALSE(client.Has("MSGDONE,seq,1"));
  client.SendText("msg\r\nLS_reqId=5&LS_message=m4&LS_sequence=seq&LS_msg_prog=2");
  EXPECT_TRUE(Expect(client, "REQERR,5,33,"));
}

TEST_F(MessagesTest, OverHttpEachLineIsAnswered) {
  Start();
  TestClient stream = Connect(0), control = Connect(0);
  const std::string id = Create(stream);
  control.Send(Post("msg", kBatch, "&LS_session=" + id));
  ASSERT_TRUE(Expect(control, "REQOK,1\r\nREQOK,2\r\nREQOK,3\r\nREQOK,4\r\n"));
  EXPECT_TRUE(Expect(stream, "MSGDONE,*,1,\r\n"));
  EXPECT_TRUE(Expect(stream, "MSGDONE,seq,2,\r\n"));
}

TEST_F(MessagesTest, FindTheirSessionOnAnotherShardInOrder) {
  Start();
  TestClient stream = Connect(1), control = Connect(0);
  const std::string id = Create(stream);
  control.Send(Post("msg", kBatch, "&LS_session=" + id));
  ASSERT_TRUE(Expect(control, "REQOK,1\r\nREQOK,2\r\nREQOK,3\r\nREQOK,4\r\n"));
  EXPECT_TRUE(Expect(stream, "MSGDONE,seq,2,\r\n"));
  EXPECT_EQ(metadata_.log, Messages(id));
}

TEST_F(MessagesTest, OfNoSessionAreRefused) {
  Start();
  TestClient client = Connect(0);
  client.Send(Post("msg", "LS_reqId=1&LS_message=m&LS_msg_prog=1", "&LS_session=SnoneT0"));
  EXPECT_TRUE(Expect(client, "REQERR,1,20,"));
}

TEST_F(MessagesTest, OfAWebSocketWithoutAckAreAnsweredWhenRefused) {
  Start();
  TestClient client = Connect(0);
  Open(client);
  client.SendText("wsok");
  client.SendText(
      "msg\r\nLS_session=SnoneT0&LS_reqId=1&LS_message=m&LS_outcome=false&LS_ack=false");
  EXPECT_TRUE(Expect(client, "REQERR,1,20,"));
}

TEST_F(MessagesTest, BehindTheLineOfACreateGoWithIt) {
  Start();
  TestClient client = Connect(0);
  const std::string id = Create(client, "\r\nLS_message=m1&LS_outcome=false\r\n");
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{id + " m1"}));
}

}  // namespace
}  // namespace penstock::test
