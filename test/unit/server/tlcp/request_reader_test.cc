// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "read_requests.h"

namespace penstock::tlcp {
namespace {

TEST(RequestName, ComesFromThePath) {
  EXPECT_EQ(RequestNameFromPath("create_session.txt"), RequestName::kCreateSession);
  EXPECT_EQ(RequestNameFromPath("bind_session.txt"), RequestName::kBindSession);
  EXPECT_EQ(RequestNameFromPath("control.txt"), RequestName::kControl);
  EXPECT_EQ(RequestNameFromPath("msg.txt"), RequestName::kMsg);
  EXPECT_EQ(RequestNameFromPath("heartbeat.txt"), RequestName::kHeartbeat);
  for (const char* other : {"wsok.txt", "control", "control.js", ".txt", "", "Control.txt"}) {
    EXPECT_EQ(RequestNameFromPath(other), std::nullopt) << other;
  }
}

TEST(RequestName, ComesFromTheFirstLineOfAMessage) {
  std::string_view message = "control\r\nLS_reqId=1\r\nLS_reqId=2";
  EXPECT_EQ(TakeRequestName(message), RequestName::kControl);
  EXPECT_EQ(message, "LS_reqId=1\r\nLS_reqId=2");
  message = "wsok";
  EXPECT_EQ(TakeRequestName(message), RequestName::kWsok);
  EXPECT_EQ(message, "");
  message = "msg\nLS_reqId=1";
  EXPECT_EQ(TakeRequestName(message), RequestName::kMsg);
  for (const char* other : {"", "\r\ncontrol", "dance\r\n", "control LS_reqId=1"}) {
    message = other;
    EXPECT_EQ(TakeRequestName(message), std::nullopt) << other;
  }
}

TEST(RequestReader, ReadsTheBatchOfTheProtocol) {
  const auto batch = ReadAll(
      RequestName::kControl,
      "LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=item1&"
      "LS_schema=stock_name%20last_price&LS_snapshot=true\r\n"
      "LS_reqId=2&LS_op=add&LS_subId=2&LS_mode=COMMAND&LS_group=pf&LS_schema=key%20command%20qty&"
      "LS_snapshot=true",
      kHttpWithSession);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(std::get<Control>(batch[0].value()).session_id, "Sq");
  EXPECT_EQ(std::get<Control>(batch[1].value()).request_id, "2");
}

TEST(RequestReader, TakesAnyLineEnd) {
  for (const char* body :
       {"LS_reqId=1&LS_op=destroy\nLS_reqId=2&LS_op=destroy",
        "LS_reqId=1&LS_op=destroy&\r\nLS_reqId=2&LS_op=destroy&\r\n",
        "\r\nLS_reqId=1&LS_op=destroy\r\n\r\nLS_reqId=2&LS_op=destroy\r\n\r\n"}) {
    const auto batch = ReadAll(RequestName::kControl, body, kSocket);
    ASSERT_EQ(batch.size(), 2u) << body;
    EXPECT_TRUE(batch[0].ok() && batch[1].ok()) << body;
  }
}

TEST(RequestReader, AnswersEachLineOfABatch) {
  const auto batch = ReadAll(RequestName::kControl,
                             "LS_reqId=1&LS_op=destroy\r\n"
                             "LS_reqId=2&LS_op=dance\r\n"
                             "LS_op=destroy\r\n"
                             "LS_reqId=4&LS_op=destroy",
                             kSocket);
  ASSERT_EQ(batch.size(), 4u);
  EXPECT_TRUE(batch[0].ok());
  EXPECT_EQ(Refusal(batch[1]), "REQERR 2 65 Invalid value of parameter LS_op");
  EXPECT_EQ(Refusal(batch[2]), "ERROR 67 Malformed request");
  EXPECT_TRUE(batch[3].ok());
}

TEST(RequestReader, TakesAGetFromItsQuery) {
  const Arrival get{false, "LS_protocol=TLCP-2.5.0&LS_session=S&LS_reqId=3&LS_op=delete&LS_subId=8",
                    std::nullopt};
  const Control control = ReadAs<Control>(RequestName::kControl, "", get);
  EXPECT_EQ(control.session_id, "S");
  EXPECT_EQ(std::get<Delete>(control.op).sub_id, 8);
}

TEST(RequestReader, RefusesABrokenQuery) {
  EXPECT_EQ(RefusalOf(RequestName::kControl, "LS_reqId=1&LS_op=destroy&LS_session=S",
                      {false, "LS_protocol=TLCP-2.5.0&a=%", std::nullopt}),
            "REQERR 1 67 Malformed request");
}

TEST(RequestReader, TakesEveryFormOfHeartbeat) {
  EXPECT_EQ(ReadAs<Heartbeat>(RequestName::kHeartbeat, "\r\n", kHttpWithSession).session_id, "Sq");
  EXPECT_EQ(ReadAs<Heartbeat>(RequestName::kHeartbeat, "LS_session=S", kHttp).session_id, "S");
  EXPECT_EQ(RefusalOf(RequestName::kHeartbeat, "", kHttp), "ERROR 65 Missing parameter LS_session");
  for (std::string_view message : {"heartbeat\r\n\r\n", "heartbeat\r\n", "heartbeat"}) {
    ASSERT_EQ(TakeRequestName(message), RequestName::kHeartbeat);
    EXPECT_EQ(ReadAs<Heartbeat>(RequestName::kHeartbeat, message, kSocket).session_id,
              std::nullopt);
  }
}

TEST(RequestReader, TakesEveryFormOfWsok) {
  for (std::string_view message : {"wsok", "wsok\r\n"}) {
    ASSERT_EQ(TakeRequestName(message), RequestName::kWsok);
    EXPECT_TRUE(ReadOne(RequestName::kWsok, message, kSocket).ok());
  }
}

TEST(RequestReader, WsokHasNoErrorEvenForAnUnsupportedVersion) {
  EXPECT_TRUE(ReadOne(RequestName::kWsok, "", {true, "", Version{9, 0, 0}}).ok());
}

TEST(RequestReader, StopsAtTooManyLines) {
  std::string body;
  for (int i = 1; i <= 4; ++i) body += "LS_reqId=1&LS_op=destroy\r\n";
  const auto batch = ReadAll(RequestName::kControl, body, kSocket, Limits{64, 3});
  ASSERT_EQ(batch.size(), 4u);
  EXPECT_TRUE(batch[2].ok());
  EXPECT_EQ(Refusal(batch[3]), "ERROR 67 Malformed request: too many lines");
  EXPECT_EQ(ReadAll(RequestName::kControl, body, kSocket, Limits{64, 4}).size(), 4u);
}

TEST(RequestReader, StopsAtTooManyLinesOfACombo) {
  std::string body = "LS_cid=x\r\n";
  for (int i = 1; i <= 3; ++i) body += "LS_op=destroy\r\n";
  const auto batch = ReadAll(RequestName::kCreateSession, body, kSocket, Limits{64, 3});
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(Refusal(batch[0]), "CONERR 67 Malformed request: too many lines");
}

TEST(RequestReader, StopsAtTooManyParameters) {
  const auto batch =
      ReadAll(RequestName::kControl, "LS_reqId=1&LS_op=destroy&a=1", kSocket, Limits{2, 3});
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(Refusal(batch[0]), "REQERR 1 67 Malformed request: too many parameters");
}

}  // namespace
}  // namespace penstock::tlcp
