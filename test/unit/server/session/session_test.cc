// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// How sessions begin and end (TLCP §2).

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class SessionTest : public test::SessionFixture {};

TEST_F(SessionTest, AnUnknownAdapterSetIsRefused) {
  tlcp::CreateSession request;
  request.adapter_set = "NONE";
  EXPECT_EQ(Open(request), nullptr);
  EXPECT_EQ(refusal_, (tlcp::Error{2, "Requested Adapter Set not available"}));
}

TEST_F(SessionTest, ARefusedUserLeavesNothingBehind) {
  metadata_.refuse_open = tlcp::MakeError(tlcp::SessionCode::kCredentialsRefused);
  EXPECT_EQ(Open(), nullptr);
  EXPECT_EQ(refusal_.code, 1);
  EXPECT_EQ(gate_.sessions(), 0u);
  EXPECT_EQ(metadata_.log, (std::vector<std::string>{"OPEN -"}));
}

TEST_F(SessionTest, TheLimitOfSessionsIsKeptAndFreedAgain) {
  options_.max_sessions = 1;
  Session* const first = Open();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(Open(), nullptr);
  EXPECT_EQ(refusal_.code, 8);
  Control(first, tlcp::Destroy{});
  EXPECT_NE(Open(), nullptr);
  EXPECT_EQ(table().counters().refused, 1u);
}

TEST_F(SessionTest, DestroyEndsTheStreamWithItsCause) {
  test::FakeLink link, custom;
  Session* session = OpenBound(link);
  const std::string id = session->id();
  link.Take();
  EXPECT_EQ(Control(session, tlcp::Destroy{std::nullopt, true}), "OK");
  EXPECT_EQ(link.Take(), "END,31,Destroy invoked by client");
  EXPECT_TRUE(link.closed_socket);
  EXPECT_EQ(table().Find(id), nullptr);
  session = OpenBound(custom);
  custom.Take();
  Control(session, tlcp::Destroy{tlcp::MakeCustomError(-5, "bye, now"), false});
  EXPECT_EQ(custom.Take(), "END,-5,bye%2C now");
}

TEST_F(SessionTest, ANewSessionReplacesTheOldOneOfTheSameClient) {
  Session* const old = Open();
  const std::string old_id = old->id();
  tlcp::CreateSession request;
  request.old_session = old_id;
  ASSERT_NE(Open(request), nullptr);
  EXPECT_EQ(table().Find(old_id), nullptr);
  request.old_session = "Sunknown";
  EXPECT_NE(Open(request), nullptr);
}

TEST_F(SessionTest, TheAdaptersTimeToLiveEndsASession) {
  metadata_.open_grant.time_to_live = std::chrono::seconds(7);
  test::FakeLink link;
  OpenBound(link);
  Advance(std::chrono::milliseconds(6900));
  EXPECT_EQ(link.Take().find("END"), std::string::npos);
  Advance(std::chrono::milliseconds(200));
  EXPECT_NE(link.Take().find("END,48,"), std::string::npos);
}

TEST_F(SessionTest, ClosingAllTellsEachOne) {
  test::FakeLink links[3];
  for (test::FakeLink& link : links) OpenBound(link);
  shard_.Post([&] { table().CloseAll(tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached)); });
  Turn();
  for (test::FakeLink& link : links) EXPECT_NE(link.Take().find("END,48,"), std::string::npos);
  EXPECT_EQ(table().size(), 0u);
}

TEST_F(SessionTest, ACombinedCreateSubscribesOrFailsWhole) {
  tlcp::CreateSession request;
  request.controls.push_back(tlcp::Control{std::nullopt, "", "", MakeAdd(1, "a", "f")});
  request.controls.push_back(tlcp::Control{std::nullopt, "", "", MakeAdd(2, "b", "f")});
  test::FakeLink link;
  Session* const session = Open(request);
  ASSERT_NE(session, nullptr);
  Bind(session, link);
  EXPECT_TRUE(link.Take().ends_with(
      "SUBOK,1,1,1 | CONF,1,unlimited,filtered | SUBOK,2,1,1 | CONF,2,unlimited,filtered"));
  metadata_.refuse_subscribe = tlcp::MakeError(tlcp::RequestCode::kInvalidMode);
  EXPECT_EQ(Open(request), nullptr);
  EXPECT_EQ(refusal_.code, 64);
  EXPECT_EQ(table().size(), 1u);
}

TEST_F(SessionTest, TheClientAddressIsToldOnceAndOnlyIfItMayBe) {
  test::FakeLink link, again;
  Session* const session = OpenBound(link);
  EXPECT_NE(link.Take().find("CLIENTIP,10.0.0.1"), std::string::npos);
  shard_.Post([&] { session->Bind(&again, {}, true, false, "10.0.0.1"); });
  Turn();
  EXPECT_EQ(again.Take().find("CLIENTIP"), std::string::npos);
}

TEST_F(SessionTest, AnAnswerThatBringsTheNextRequestFindsNoClosingSession) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  const std::string id = session->id();
  Control(session, MakeAdd(1, "a", "f"));
  metadata_.hold = true;
  bool found = true;
  // As a connection does: the answer makes room for the request behind it.
  tlcp::Control control;
  control.op = MakeAdd(2, "b", "f");
  shard_.Post([&] {
    session->Handle(std::move(control), [&](std::optional<tlcp::Error> error) {
      EXPECT_TRUE(error);
      Session* const again = table().Find(id);
      found = again != nullptr;
      if (!found) return;
      again->Handle({id, "9", "", tlcp::Delete{1}}, [](std::optional<tlcp::Error>) {});
    });
  });
  Turn();
  EXPECT_EQ(Control(session, tlcp::Destroy{}), "OK");
  EXPECT_FALSE(found);
  EXPECT_EQ(source_.log().back(), "USB a");
}

TEST_F(SessionTest, ADeleteThatComesWithTheAnswerOfAnotherIsDoneOnce) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  metadata_.hold = true;
  tlcp::Control control;
  control.op = MakeAdd(1, "a", "f");
  shard_.Post([&] {
    session->Handle(std::move(control), [&](std::optional<tlcp::Error>) {
      session->Handle({session->id(), "9", "", tlcp::Delete{1}}, [](std::optional<tlcp::Error>) {});
    });
  });
  Turn();
  EXPECT_EQ(Control(session, tlcp::Delete{1}), "none");
  shard_.Post([&] { metadata_.AnswerHeld(); });
  Turn();
  EXPECT_EQ(*last_answer_, "OK");
  const std::string text = link.Take();
  EXPECT_EQ(text.find("UNSUB,1"), text.rfind("UNSUB,1")) << text;
  EXPECT_EQ(source_.log(), (std::vector<std::string>{"SUB a", "USB a"}));
}

TEST_F(SessionTest, RepeatedRequestsForOneSubscriptionAreBounded) {
  options_.max_pending_controls = 3;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  metadata_.hold = true;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "none");
  EXPECT_TRUE(Control(session, MakeAdd(1, "a", "f")).starts_with("68 "));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Control(session, tlcp::Delete{1}), "none");
  EXPECT_TRUE(Control(session, tlcp::Delete{1}).starts_with("68 "));
  shard_.Post([&] { metadata_.AnswerHeld(); });
  Turn();
}

TEST_F(SessionTest, AClientThatDoesNotReadCannotPileUpNotifications) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.is_writable = false;
  int refused = 0;
  shard_.Post([&] {
    for (int i = 0; i < 200'000; ++i) {
      session->Handle({session->id(), "1", "", tlcp::Constrain{{1000.0}}},
                      [&](const std::optional<tlcp::Error>& error) { refused += error ? 1 : 0; });
    }
  });
  Turn();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(Control(session, tlcp::Destroy{}), "OK");
}

TEST_F(SessionTest, AClosedTableLetsNobodyIn) {
  test::FakeLink link;
  OpenBound(link);
  shard_.Post([&] { table().CloseAll(tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached)); });
  Turn();
  EXPECT_EQ(Open(), nullptr);
  EXPECT_EQ(refusal_.code, 5);
  EXPECT_EQ(gate_.sessions(), 0u);
}

TEST_F(SessionTest, TheEndIsToldBehindWhatTheLinkHasNotSentYet) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.Take();
  link.is_writable = false;
  Control(session, tlcp::Destroy{});
  EXPECT_EQ(link.Take(), "END,31,Destroy invoked by client");
  EXPECT_TRUE(link.finished);
}

}  // namespace
}  // namespace penstock::session
