// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "read_requests.h"

namespace penstock::tlcp {
namespace {

Message ReadMessage(std::string_view line, const Arrival& arrival = kSocket) {
  return ReadAs<Message>(RequestName::kMsg, line, arrival);
}

std::string RefusalOfMessage(std::string_view line) {
  return tlcp::RefusalOf(RequestName::kMsg, line, kSocket);
}

TEST(MessageRequest, ReadsASequencedMessage) {
  const Message message = ReadMessage(
      "LS_reqId=1&LS_message=foo%0D%0A%26&LS_sequence=seq_1&LS_msg_prog=2&LS_max_wait=100");
  EXPECT_EQ(message.request_id, "1");
  EXPECT_EQ(message.text, "foo\r\n&");
  EXPECT_EQ(message.sequence, "seq_1");
  EXPECT_EQ(message.prog, 2);
  EXPECT_EQ(message.max_wait, Millis(100));
  EXPECT_TRUE(message.outcome);
  EXPECT_TRUE(message.ack);
}

TEST(MessageRequest, ReadsFireAndForget) {
  const Message message = ReadMessage("LS_reqId=1&LS_message=&LS_outcome=false&LS_ack=false");
  EXPECT_EQ(message.text, "");
  EXPECT_EQ(message.sequence, std::nullopt);
  EXPECT_EQ(message.prog, std::nullopt);
  EXPECT_FALSE(message.outcome);
  EXPECT_FALSE(message.ack);
}

TEST(MessageRequest, IsAlwaysAcknowledgedOverHttp) {
  EXPECT_TRUE(
      ReadMessage("LS_reqId=1&LS_message=x&LS_outcome=false&LS_ack=false", kHttpWithSession).ack);
}

TEST(MessageRequest, MaxWaitNeedsASequence) {
  EXPECT_EQ(ReadMessage("LS_reqId=1&LS_message=x&LS_msg_prog=1&LS_max_wait=5").max_wait,
            std::nullopt);
}

TEST(MessageRequest, ReadsABatch) {
  const auto batch = ReadAll(RequestName::kMsg,
                             "LS_reqId=1&LS_message=m1&LS_outcome=false&LS_ack=false\r\n"
                             "LS_reqId=2&LS_message=m2&LS_msg_prog=1\r\n"
                             "LS_reqId=3&LS_message=m3&LS_outcome=false&LS_sequence=seq&"
                             "LS_msg_prog=1\r\n"
                             "LS_reqId=4&LS_message=m4&LS_sequence=seq&LS_msg_prog=2",
                             kSocket);
  ASSERT_EQ(batch.size(), 4u);
  EXPECT_EQ(std::get<Message>(batch[0].value()).text, "m1");
  EXPECT_EQ(std::get<Message>(batch[3].value()).text, "m4");
}

TEST(MessageRequest, NamesWhatIsMissingOrWrong) {
  EXPECT_EQ(RefusalOfMessage("LS_reqId=1"), "REQERR 1 65 Missing parameter LS_message");
  EXPECT_EQ(RefusalOfMessage("LS_reqId=1&LS_message=x"),
            "REQERR 1 65 Missing parameter LS_msg_prog");
  EXPECT_EQ(RefusalOfMessage("LS_reqId=1&LS_message=x&LS_sequence=s&LS_outcome=false"),
            "REQERR 1 65 Missing parameter LS_msg_prog");
  EXPECT_EQ(RefusalOfMessage("LS_reqId=1&LS_message=x&LS_msg_prog=0"),
            "REQERR 1 65 Invalid value of parameter LS_msg_prog");
  for (const char* sequence : {"", "a%20b", "a-b", "%C3%A0", "UNORDERED_MESSAGES"}) {
    EXPECT_EQ(RefusalOfMessage("LS_reqId=1&LS_message=x&LS_msg_prog=1&LS_sequence=" +
                               std::string(sequence)),
              "REQERR 1 65 Invalid value of parameter LS_sequence");
  }
  EXPECT_EQ(RefusalOfMessage("LS_message=x&LS_outcome=false"), "ERROR 67 Malformed request");
}

TEST(MessageRequest, TakesTheRawMessageOfLegacyClients) {
  const std::string rest = "LS_reqId=1&LS_msg_prog=1&LS_message=a&b=c%41\r\n\xC3\xA0";
  const std::string line = "LS_unq=" + std::to_string(rest.size() - 1) + "&" + rest;
  const auto batch = ReadAll(RequestName::kMsg,
                             line + "\r\nLS_reqId=2&LS_message=y&LS_outcome=false&\r\n", kSocket);
  ASSERT_EQ(batch.size(), 2u);
  ASSERT_TRUE(batch[0].ok());
  EXPECT_EQ(std::get<Message>(batch[0].value()).text, "a&b=c%41\r\n\xC3\xA0");
  ASSERT_TRUE(batch[1].ok());
  EXPECT_EQ(std::get<Message>(batch[1].value()).text, "y");
}

TEST(MessageRequest, RefusesARawMessageOfTheWrongLength) {
  const auto batch = ReadAll(RequestName::kMsg,
                             "LS_unq=500&LS_reqId=1&LS_msg_prog=1&LS_message=x\r\n"
                             "LS_reqId=2&LS_message=y&LS_outcome=false",
                             kSocket);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(Refusal(batch[0]), "REQERR 1 67 Malformed request");
  EXPECT_TRUE(batch[1].ok());
}

}  // namespace
}  // namespace penstock::tlcp
