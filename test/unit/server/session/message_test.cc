// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What becomes of a client's messages (TLCP §3.8, §4.4).

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class MessageTest : public test::SessionFixture {
 protected:
  // The answer: "OK" or "<code> <text>".
  std::string Give(Session* session, tlcp::Message message) {
    auto answer = std::make_shared<std::string>("none");
    shard_.Post([=, message = std::move(message)]() mutable {
      session->Handle(std::move(message), [answer](std::optional<tlcp::Error> error) {
        *answer = error ? std::to_string(error->code) + " " + error->message : "OK";
      });
    });
    Turn();
    return *answer;
  }
  std::string Give(Session* session, const std::string& sequence, int prog) {
    return Give(session, Make(sequence, prog));
  }
  static tlcp::Message Make(const std::string& sequence, int prog) {
    tlcp::Message message;
    message.text = sequence + std::to_string(prog);
    if (sequence != "*") message.sequence = sequence;
    message.prog = prog;
    return message;
  }
  void AnswerHeld() {
    shard_.Post([this] { metadata_.AnswerHeldMessage(); });
    Turn();
  }
  Session* OpenQuiet(test::FakeLink& link) {
    Session* const session = OpenBound(link);
    link.Take();
    metadata_.log.clear();
    return session;
  }
};

TEST_F(MessageTest, GoesToTheMetadataAdapterAndItsOutcomeBack) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  metadata_.message_response = "done, you";
  EXPECT_EQ(Give(session, "s", 1), "OK");
  EXPECT_EQ(Give(session, "*", 1), "OK");
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"MESSAGE s1", "MESSAGE *1"}));
  EXPECT_EQ(link.Take(), "MSGDONE,s,1,done%2C you | MSGDONE,*,1,done%2C you");
  EXPECT_EQ(table().counters().messages, 2u);
}

TEST_F(MessageTest, AnOlderClientIsToldNoResponse) {
  tlcp::CreateSession request;
  request.version = {2, 4, 0};
  Session* const session = Open(request);
  test::FakeLink link;
  Bind(session, link);
  link.Take();
  metadata_.message_response = "done";
  Give(session, "s", 1);
  EXPECT_EQ(link.Take(), "MSGDONE,s,1");
}

TEST_F(MessageTest, ARefusalIsToldWithItsCode) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  metadata_.refuse_message = tlcp::MakeCustomError(-5, "no");
  EXPECT_EQ(Give(session, "s", 1), "OK");
  EXPECT_EQ(link.Take(), "MSGFAIL,s,1,-5,no");
  metadata_.refuse_message.reset();
  Give(session, "s", 2);  // the sequence goes on
  EXPECT_EQ(link.Take(), "MSGDONE,s,2,");
}

TEST_F(MessageTest, NoOutcomeIsToldToWhoWantsNone) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  tlcp::Message message = Make("s", 1);
  message.outcome = false;
  EXPECT_EQ(Give(session, message), "OK");
  message.sequence.reset();
  message.prog.reset();
  EXPECT_EQ(Give(session, message), "OK");
  metadata_.refuse_message = tlcp::MakeCustomError(-5, "no");
  EXPECT_EQ(Give(session, message), "OK");
  EXPECT_EQ(metadata_.log.size(), 3u);
  EXPECT_EQ(link.Take(), "");
}

TEST_F(MessageTest, ASequenceWaitsForEachOutcome) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  metadata_.hold_messages = true;
  EXPECT_EQ(Give(session, "s", 1), "OK");
  EXPECT_EQ(Give(session, "s", 2), "OK");
  EXPECT_EQ(Give(session, "t", 1), "OK");
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"MESSAGE s1", "MESSAGE t1"}));
  AnswerHeld();
  EXPECT_EQ(metadata_.log.back(), "MESSAGE s2");
  EXPECT_EQ(link.Take(), "MSGDONE,s,1,");
}

TEST_F(MessageTest, ManyInLineGoOneByOneWhateverTheAdaptersSpeed) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  metadata_.hold_messages = true;
  for (int prog = 1; prog <= 500; ++prog) Give(session, "s", prog);
  metadata_.hold_messages = false;
  AnswerHeld();
  EXPECT_EQ(metadata_.log.size(), 500u);
  EXPECT_EQ(metadata_.log.back(), "MESSAGE s500");
}

TEST_F(MessageTest, WhatDoesNotComeInTimeIsDiscarded) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  tlcp::Message late = Make("s", 3);
  late.max_wait = Millis(200);
  EXPECT_EQ(Give(session, late), "OK");
  Advance(Millis(190));
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(20));
  EXPECT_EQ(link.Take(), "MSGFAIL,s,2,39,2 | MSGDONE,s,3,");
  EXPECT_EQ(table().counters().messages_skipped, 2u);
  EXPECT_EQ(Give(session, "s", 2).substr(0, 3), "32 ");
  EXPECT_EQ(Give(session, "s", 3).substr(0, 3), "33 ");
  EXPECT_EQ(table().counters().messages_refused, 2u);
}

TEST_F(MessageTest, WithoutSequenceTheServersTimeHolds) {
  options_.messages.missing_timeout = Millis(100);
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  Give(session, "*", 2);
  EXPECT_EQ(link.Take(), "MSGDONE,*,2,");
  Advance(Millis(110));
  EXPECT_EQ(link.Take(),
            "MSGFAIL,*,1,38,The specified progressive number has been skipped by timeout");
}

TEST_F(MessageTest, WorksWithoutALink) {
  test::FakeLink link, other;
  Session* const session = OpenQuiet(link);
  shard_.Post([=] { session->OnLinkLost(); });
  tlcp::Message late = Make("t", 2);
  late.max_wait = Millis(50);
  EXPECT_EQ(Give(session, "s", 1), "OK");
  EXPECT_EQ(Give(session, late), "OK");
  Advance(Millis(60));
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"MESSAGE s1", "MESSAGE t2"}));
  Bind(session, other);
  EXPECT_TRUE(other.Take().ends_with(
      "MSGDONE,s,1, | MSGFAIL,t,1,38,The specified progressive number has been skipped by timeout "
      "| MSGDONE,t,2,"));
}

TEST_F(MessageTest, APollIsAnsweredWithTheOutcome) {
  Session* const session = Open();
  test::FakeLink link;
  tlcp::LinkOptions poll;
  poll.polling = {Millis(0), Millis(5000)};
  Bind(session, link, poll, false);
  metadata_.hold_messages = true;
  Give(session, "s", 1);
  EXPECT_EQ(link.Take(), "");
  AnswerHeld();
  EXPECT_TRUE(link.Take().ends_with("MSGDONE,s,1, | LOOP,0"));
}

TEST_F(MessageTest, AnOutcomeForADeadSessionIsDropped) {
  test::FakeLink link, other;
  Session* const session = OpenQuiet(link);
  metadata_.hold_messages = true;
  Give(session, "s", 1);
  Give(session, "s", 2);
  Control(session, tlcp::Destroy());
  link.Take();
  AnswerHeld();
  EXPECT_EQ(link.Take(), "");
  EXPECT_TRUE(metadata_.held_messages.empty());  // s2 died with the session
}

TEST_F(MessageTest, AnAnswerThatEndsTheSessionEndsItsMessages) {
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  shard_.Post([=] {
    session->Handle(Make("s", 1), [=](std::optional<tlcp::Error>) { session->Close({}); });
  });
  Turn();
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"CLOSE"}));
}

TEST_F(MessageTest, BeyondTheLimitsItIsRefused) {
  options_.messages.messages = 1;
  test::FakeLink link;
  Session* const session = OpenQuiet(link);
  metadata_.hold_messages = true;
  EXPECT_EQ(Give(session, "s", 1), "OK");
  EXPECT_EQ(Give(session, "s", 2), "68 Too many messages wait to be processed");
  EXPECT_EQ(table().counters().messages_refused, 1u);
}

TEST_F(MessageTest, ComesWithACreate) {
  tlcp::CreateSession request;
  request.controls.emplace_back(Make("s", 1));
  tlcp::Message forget;
  forget.text = "f";
  forget.outcome = false;
  request.controls.emplace_back(forget);
  Session* const session = Open(request);
  ASSERT_NE(session, nullptr);
  test::FakeLink link;
  Bind(session, link);
  EXPECT_TRUE(link.Take().ends_with("MSGDONE,s,1,"));
  EXPECT_EQ(metadata_.log.back(), "MESSAGE f");
}

TEST_F(MessageTest, OneThatIsRefusedWithACreateRefusesTheSession) {
  tlcp::CreateSession request;
  request.controls.emplace_back(Make("s", 1));
  request.controls.emplace_back(Make("s", 1));
  EXPECT_EQ(Open(request), nullptr);
  EXPECT_EQ(refusal_.code, 64);
}

}  // namespace
}  // namespace penstock::session
