// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Ends of sessions and subscriptions that a Metadata Adapter may not have heard of (A13).

#include "adapters/remote/close_notifier.h"

#include "metadata_proxy_test.h"

namespace penstock::adapters {
namespace {

using Policy = config::CloseNotificationsRecovery;

class CloseNotifierTest : public test::MetadataProxyTest {
 protected:
  void CloseSession(const std::string& session) {
    house_.OnShard([this, session] { house_.metadata().CloseSession(session, "user1"); });
  }
  // One with an open table; its NNT is answered.
  void OpenTable() {
    auto query = Query();
    query.wants_tables = true;
    Authorize(query);
    ResolveAll();
    Next();
    Reply("NNT|V");
  }
  void CloseTable() {
    house_.OnShard([this] {
      auto table = Query().table;
      table.items = {"a", "b"};
      house_.metadata().CloseTable("S1", table);
    });
  }
  void Lose() {
    remote_->Hangup();
    house_.Turns(5);
  }
  void ConnectAgain() { remote_ = house_.ConnectReady(); }

  const std::string ntc_ = "NTC|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#|I|2|S|a|S|b|I|0";
};

// A13
TEST_F(CloseNotifierTest, WhatHappenedWhileNobodyWasThereIsToldInOrder) {
  StartReady();
  Lose();
  for (const char* const session : {"S7", "S8", "S9"}) CloseSession(session);
  ConnectAgain();
  for (const char* const session : {"S7", "S8", "S9"}) {
    EXPECT_EQ(Next(), std::string("NSC|S|") + session);
  }
  EXPECT_FALSE(remote_->HasLine());
  EXPECT_EQ(house_.counters().close_notices_repeated.value(), 3u);
}

// A13
TEST_F(CloseNotifierTest, PessimisticRepeatsFromTheFirstWithoutAnswer) {
  StartReady();
  CloseSession("S7");
  Next();
  CloseSession("S8");
  Next();
  Reply("NSC|V");
  CloseSession("S9");
  Next();
  Lose();
  ConnectAgain();
  EXPECT_EQ(Next(), "NSC|S|S7");
  EXPECT_EQ(Next(), "NSC|S|S8");
  EXPECT_EQ(Next(), "NSC|S|S9");
  EXPECT_FALSE(remote_->HasLine());
}

// A13
TEST_F(CloseNotifierTest, OptimisticRepeatsBehindTheLastAnswer) {
  metadata_.close_notifications_recovery = Policy::kOptimistic;
  StartReady();
  CloseSession("S7");
  Next();
  CloseSession("S8");
  Next();
  Reply("NSC|V");
  CloseSession("S9");
  Next();
  Lose();
  ConnectAgain();
  EXPECT_EQ(Next(), "NSC|S|S9");
  EXPECT_FALSE(remote_->HasLine());
}

// A13
TEST_F(CloseNotifierTest, UnneededRepeatsNothing) {
  metadata_.close_notifications_recovery = Policy::kUnneeded;
  StartReady();
  CloseSession("S7");
  Next();
  Lose();
  CloseSession("S8");
  ConnectAgain();
  EXPECT_FALSE(remote_->HasLine());
}

// ari.md §1.9
TEST_F(CloseNotifierTest, ATimeoutCountsAsAnAnswer) {
  StartReady();
  CloseSession("S7");
  Next();
  house_.Advance(std::chrono::seconds(10));
  Lose();
  ConnectAgain();
  EXPECT_FALSE(remote_->HasLine());
}

TEST_F(CloseNotifierTest, TheSessionFollowsItsTablesOnTheNextAdapterToo) {
  StartReady();
  OpenTable();
  Lose();
  CloseTable();
  CloseSession("S1");
  ConnectAgain();
  EXPECT_EQ(Next(), ntc_);
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next(), "NSC|S|S1");
  Reply("NSC|V");
  Lose();
  ConnectAgain();
  EXPECT_FALSE(remote_->HasLine());
}

TEST_F(CloseNotifierTest, WhatIsToldAgainForTheOrderKeepsTheOrder) {
  StartReady();
  OpenTable();
  CloseSession("S0");  // never answered
  Next();
  CloseTable();
  EXPECT_EQ(Next(), ntc_);
  Reply("NTC|V");
  CloseSession("S1");
  Next();
  Reply("NSC|V");
  Lose();
  ConnectAgain();
  EXPECT_EQ(Next(), "NSC|S|S0");
  EXPECT_EQ(Next(), ntc_);
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(CloseNotifierTest, UnneededForgetsTheTablesButNotTheirNumber) {
  metadata_.close_notifications_recovery = Policy::kUnneeded;
  StartReady();
  OpenTable();
  Lose();
  CloseTable();
  ConnectAgain();
  CloseSession("S1");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(CloseNotifierTest, WhatIsTooMuchIsDroppedAndCounted) {
  metadata_.close_notifications_max = 2;
  StartReady();
  OpenTable();
  Lose();
  CloseTable();
  CloseSession("S1");
  CloseSession("S8");
  CloseSession("S9");
  ConnectAgain();
  EXPECT_GE(house_.counters().close_notices_dropped.value(), 1u);
  // The session of the table that was dropped is not forgotten for it.
  EXPECT_EQ(Next(), "NSC|S|S9");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(CloseNotifierTest, APlainProxyKeepsNothing) {
  metadata_.proxy.robust = false;
  StartReady();
  Lose();
  CloseSession("S1");
  EXPECT_EQ(house_.fatal().size(), 1u);
  EXPECT_EQ(house_.counters().close_notices_dropped.value(), 0u);
}

// ari.md §3.4: NSC behind every NNT. The session ends while its subscription is asked for.
TEST_F(CloseNotifierTest, NoTableIsOpenedBehindTheEndOfItsSession) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  CloseSession("S1");
  EXPECT_FALSE(remote_->HasLine());
  Reply("GIS|S|a|S|b");
  Next();
  Reply("GSC|S|last");
  Next();
  Reply("GIT|I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC");
  Next();
  Reply("GUI|I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC");
  EXPECT_EQ(Next(), "NSC|S|S1");
  EXPECT_EQ(AuthorizeCode(), 20);
}

// --- What the adapter may have done, though nobody will have it (ari.md §3.4)

class UndecidedTableTest : public CloseNotifierTest {
 protected:
  void AskForTable() {
    StartReady();
    auto query = Query();
    query.wants_tables = true;
    Authorize(query);
    ResolveAll();
    EXPECT_EQ(Next().substr(0, 3), "NNT");
  }
};

TEST_F(UndecidedTableTest, WithoutAnAnswerInTimeIsClosedThereAndThenItsSession) {
  AskForTable();
  const std::string nnt_id = id_;
  house_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(AuthorizeCode(), 66);
  CloseSession("S1");
  EXPECT_EQ(Next(), ntc_);
  remote_->Send(nnt_id + "|NNT|V");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(UndecidedTableTest, WithAnAnswerThatCannotBeReadIsClosedThere) {
  AskForTable();
  Reply("NNT|S|yes");
  EXPECT_EQ(AuthorizeCode(), 66);
  EXPECT_EQ(Next(), ntc_);
}

TEST_F(UndecidedTableTest, WhoseAdapterIsLostIsClosedAtTheNext) {
  AskForTable();
  Lose();
  EXPECT_EQ(AuthorizeCode(), 66);
  ConnectAgain();
  EXPECT_EQ(Next(), ntc_);
}

TEST_F(UndecidedTableTest, ThatIsRefusedNeedsNoEnd) {
  AskForTable();
  Reply("NNT|E|no");
  EXPECT_FALSE(remote_->HasLine());
  CloseSession("S1");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(UndecidedTableTest, ThatNobodyWasToldOfNeedsNoEnd) {
  StartReady();
  Lose();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  EXPECT_EQ(AuthorizeCode(), 66);
  ConnectAgain();
  EXPECT_FALSE(remote_->HasLine());
}

class UndecidedSessionTest : public CloseNotifierTest {
 protected:
  void AskForSession() {
    StartReady();
    Open();
    Next();
    Reply("NUS|D|0|B|0");
    EXPECT_EQ(Next().substr(0, 3), "NNS");
  }
};

TEST_F(UndecidedSessionTest, WithAnAnswerThatCannotBeReadIsClosedThere) {
  AskForSession();
  Reply("NNS|S|yes");
  EXPECT_EQ(OpenCode(), 66);
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(UndecidedSessionTest, WhoseAdapterIsLostIsClosedAtTheNext) {
  AskForSession();
  Lose();
  ConnectAgain();
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(UndecidedSessionTest, ThatIsRefusedNeedsNoEnd) {
  AskForSession();
  Reply("NNS|E|no");
  EXPECT_FALSE(remote_->HasLine());
}

// --- Before all else

class RepeatsFirstTest : public CloseNotifierTest {
 protected:
  // Two sessions have ended while nobody was there to be told.
  void ComeBackWithTwo() {
    metadata_.requests_max_pending = 1;
    StartReady();
    Lose();
    CloseSession("S7");
    CloseSession("S8");
    ConnectAgain();
  }
};

TEST_F(RepeatsFirstTest, NobodyComesInBeforeTheAnswerToTheLast) {
  ComeBackWithTwo();
  Open();
  SendMessage("hello");
  EXPECT_EQ(Next(), "NSC|S|S7");
  EXPECT_FALSE(remote_->HasLine()) << "so many at a time as may be";
  Reply("NSC|V");
  EXPECT_EQ(Next(), "NSC|S|S8");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NSC|V");
  EXPECT_EQ(Next().substr(0, 3), "NUS");
  EXPECT_EQ(Next().substr(0, 3), "NUM");
}

TEST_F(RepeatsFirstTest, AnEndThatWaitsForItsTablesIsWaitedFor) {
  StartReady();
  OpenTable();
  Lose();
  CloseTable();
  CloseSession("S1");
  ConnectAgain();
  Open();
  EXPECT_EQ(Next(), ntc_);
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next(), "NSC|S|S1");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NSC|V");
  EXPECT_EQ(Next().substr(0, 3), "NUS");
}

TEST_F(RepeatsFirstTest, ASlowAdapterKeepsNobodyWaitingForLong) {
  ComeBackWithTwo();
  EXPECT_EQ(Next(), "NSC|S|S7");
  Open();
  house_.Advance(std::chrono::milliseconds(4900));
  EXPECT_FALSE(remote_->HasLine());
  house_.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(Next().substr(0, 3), "NUS");
}

TEST_F(RepeatsFirstTest, WhoWaitsIsToldOfTheLossAtOnce) {
  ComeBackWithTwo();
  Open();
  EXPECT_FALSE(opened_.has_value());
  Lose();
  EXPECT_EQ(OpenCode(), 66);
  ConnectAgain();
  EXPECT_EQ(Next(), "NSC|S|S7");
}

}  // namespace
}  // namespace penstock::adapters
