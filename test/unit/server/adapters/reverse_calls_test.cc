// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/reverse_calls.h"

#include <string>
#include <vector>

#include "metadata_proxy_test.h"

namespace penstock::adapters {
namespace {

using Asked = std::vector<std::string>;

class ReverseCallsTest : public test::MetadataProxyTest {
 protected:
  const Asked& asked() { return house_.clients().asked; }
};

TEST_F(ReverseCallsTest, ASessionIsEndedWithTheServersReason) {
  StartReady();
  remote_->Send("64|FST|S|S1|V");
  EXPECT_EQ(remote_->Next(), "64|FST|V");
  EXPECT_EQ(asked(), Asked{"SET S1 32 Session closed by the server"});
  EXPECT_EQ(house_.counters().forced_terminations.value(), 1u);
}

TEST_F(ReverseCallsTest, ASessionIsEndedWithTheAdaptersReason) {
  StartReady();
  remote_->Send("65|FST|S|S1|I|-3|S|go away %2B now");
  EXPECT_EQ(remote_->Next(), "65|FST|V");
  remote_->Send("66|FST|S|S1|I|0|S|#");
  EXPECT_EQ(remote_->Next(), "66|FST|V");
  EXPECT_EQ(asked(), (Asked{"SET S1 -3 go away + now", "SET S1 0 "}));
}

TEST_F(ReverseCallsTest, APositiveCodeIsSentAsZero) {
  StartReady();
  remote_->Send("64|FST|S|S1|I|7|S|why");
  EXPECT_EQ(remote_->Next(), "64|FST|V");
  EXPECT_EQ(asked(), Asked{"SET S1 0 why"});
}

TEST_F(ReverseCallsTest, ALongReasonIsCutBehindAWholeCharacter) {
  StartReady();
  std::string sent = "x";
  std::string told = "x";
  for (int i = 0; i < 1000; ++i) sent += "%C3%A9";
  for (int i = 0; i < 511; ++i) told += "\xC3\xA9";
  remote_->Send("64|FST|S|S1|I|-3|S|" + sent);
  EXPECT_EQ(remote_->Next(), "64|FST|V");
  EXPECT_EQ(asked(), Asked{"SET S1 -3 " + told});
}

TEST_F(ReverseCallsTest, ASubscriptionIsEndedIfTheAdapterMayDoIt) {
  StartReady();
  remote_->Send("66|FUS|S|S1|I|4");
  EXPECT_EQ(remote_->Next(), "66|FUS|B|1");
  house_.clients().allows = false;
  remote_->Send("67|FUS|S|S1|I|4");
  EXPECT_EQ(remote_->Next(), "67|FUS|B|0");
  EXPECT_EQ(asked(), (Asked{"SET S1/4", "SET S1/4"}));
  EXPECT_EQ(house_.counters().forced_unsubscriptions.value(), 1u);
  EXPECT_EQ(house_.counters().forced_calls_refused.value(), 1u);
}

// ari.md §3.11: NNS is under way, so there may be a session in a moment.
TEST_F(ReverseCallsTest, TheEndOfASessionWaitsForItsBeginning) {
  for (const char* const end : {"NNS|V", "NNS|EC|no|-1|no"}) {
    if (remote_ == nullptr) StartReady();
    house_.clients().asked.clear();
    Open();
    Next();
    Reply("NUS|D|0|B|1");
    Next();
    remote_->Send("64|FST|S|S1|V");
    EXPECT_FALSE(remote_->HasLine());
    EXPECT_EQ(asked(), Asked{});
    Reply(end);
    EXPECT_EQ(remote_->Next(), "64|FST|V");
    EXPECT_EQ(asked().size(), 1u);
  }
}

// ari.md §3.12: the same with NNT.
TEST_F(ReverseCallsTest, TheEndOfASubscriptionWaitsForItsBeginning) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  Next();
  remote_->Send("64|FUS|S|S1|I|3");
  EXPECT_FALSE(remote_->HasLine());
  remote_->Send("65|FUS|S|S1|I|4");  // another one waits for nobody
  EXPECT_EQ(remote_->Next(), "65|FUS|B|1");
  Reply("NNT|B|1|B|0");
  EXPECT_EQ(remote_->Next(), "64|FUS|B|1");
  EXPECT_EQ(asked(), (Asked{"SET S1/4", "SET S1/3"}));
}

TEST_F(ReverseCallsTest, AnAnswerDoesNotReachTheNextRemoteAdapter) {
  StartReady();
  Open();
  Next();
  Reply("NUS|D|0|B|1");
  Next();
  remote_->Send("64|FST|S|S1|V");
  house_.Turns(4);
  remote_->Hangup();
  house_.Turns(4);
  remote_ = house_.ConnectReady();
  EXPECT_EQ(Next(), "NSC|S|S1") << "the lost one may have let it in";
  EXPECT_FALSE(remote_->HasLine());
  EXPECT_EQ(asked().size(), 1u);
}

TEST_F(ReverseCallsTest, TooManyAtOnceAreAnsweredWithAnError) {
  StartReady();
  Open();
  Next();
  Reply("NUS|D|0|B|1");
  Next();
  std::string lines;
  for (std::size_t i = 0; i <= ReverseCalls::kMost; ++i) {
    lines += std::to_string(i + 100) + "|FST|S|S1|V\r\n";
  }
  remote_->SendRaw(lines);
  EXPECT_EQ(remote_->Next(), "10100|FST|E|too%20many%20calls%20under%20way");
  EXPECT_EQ(house_.counters().forced_calls_refused.value(), 1u);
}

TEST_F(ReverseCallsTest, BeforeVersion190TheyAreMalformed) {
  StartReady("1.8.3");
  remote_->Send("64|FST|S|S1|V");
  EXPECT_EQ(remote_->Next(), "64|FST|E|not%20before%20version%201.9.0");
  remote_->Send("65|FUS|S|S1|I|1");
  EXPECT_EQ(remote_->Next(), "65|FUS|E|not%20before%20version%201.9.0");
  EXPECT_EQ(house_.counters().malformed_lines.value(), 2u);
  EXPECT_TRUE(house_.Proxy().ready);
}

TEST_F(ReverseCallsTest, WhatCannotBeReadIsCountedAndHarmsNothing) {
  StartReady();
  remote_->Send("64|FST|S|S1");
  EXPECT_EQ(remote_->Next(), "64|FST|E|argument%20missing");
  remote_->Send("65|FUS|S|S1|S|x");
  EXPECT_EQ(remote_->Next(), "65|FUS|E|argument%20of%20another%20type");
  EXPECT_EQ(house_.counters().malformed_lines.value(), 2u);
  EXPECT_TRUE(house_.Proxy().ready);
}

}  // namespace
}  // namespace penstock::adapters
