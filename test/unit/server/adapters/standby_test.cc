// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Several remote adapters of one proxy: one works, the others stand by.
#include <gtest/gtest.h>

#include "metadata_proxy_test.h"
#include "test_house.h"

namespace penstock::adapters {
namespace {

using std::chrono::seconds;
using test::BodyOf;
using test::IdOf;
using test::MetadataProxyTest;
using test::ScriptedRemote;
using test::TestHouse;

using RemotePtr = std::unique_ptr<ScriptedRemote>;

class StandbyTest : public testing::Test {
 protected:
  StandbyTest() : data_(house_.AddData()) {}

  void Start() {
    ASSERT_TRUE(house_.Start().ok());
    active_ = house_.ConnectReady();
    ASSERT_TRUE(house_.Proxy().ready);
  }
  RemotePtr Connect() { return house_.Connect(house_.Proxy().port); }
  RemotePtr Standby() {
    const std::size_t before = house_.Proxy().standbys.size();
    RemotePtr remote = house_.ConnectReady();
    house_.Turns(5);
    EXPECT_EQ(house_.Proxy().standbys.size(), before + 1);
    return remote;
  }
  void Say(ScriptedRemote& remote, const std::string& line) {
    remote.Send(line);
    house_.Turns(4);
  }

  TestHouse house_;
  config::DataAdapter& data_;
  kernel::Subscriber one_;
  RemotePtr active_;
};

TEST_F(StandbyTest, IsInitialisedAndHearsOfNothing) {
  Start();
  house_.Attach(&one_, "a");
  const std::string peer = house_.Proxy().peer;
  const RemotePtr standby = Standby();
  EXPECT_FALSE(standby->HasLine());
  EXPECT_EQ(house_.Proxy().peer, peer);
  EXPECT_EQ(house_.Proxy().standbys.size(), 1u);
  EXPECT_EQ(BodyOf(active_->Next()), "SUB|S|a");
}

TEST_F(StandbyTest, TakesOverAtOnceWithEachItem) {
  Start();
  house_.Attach(&one_, "a");
  Say(*active_, "0|UD3|S|a|S|" + IdOf(active_->Next()) + "|B|1|S|f|S|old|S|g|S|old");
  const RemotePtr standby = Standby();
  active_->Hangup();
  const std::string sub = standby->Next();
  EXPECT_EQ(BodyOf(sub), "SUB|S|a");
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_TRUE(house_.Proxy().standbys.empty());
  Say(*standby, "0|UD3|S|a|S|" + IdOf(sub) + "|B|1|S|f|S|new");
  EXPECT_EQ(house_.Value(one_, "f"), "new");
  EXPECT_EQ(house_.Value(one_, "g"), "#") << "what the new one does not confirm goes";
  EXPECT_EQ(house_.counters().takeovers.value(), 1u);
  EXPECT_EQ(house_.counters().connections_lost.value(), 1u);
}

TEST_F(StandbyTest, TheOldestTakesOver) {
  Start();
  const RemotePtr first = Standby();
  const RemotePtr second = Standby();
  house_.Attach(&one_, "a");
  active_->Hangup();
  EXPECT_EQ(BodyOf(first->Next()), "SUB|S|a");
  EXPECT_FALSE(second->HasLine());
  first->Hangup();
  EXPECT_EQ(BodyOf(second->Next()), "SUB|S|a");
  EXPECT_EQ(house_.counters().takeovers.value(), 2u);
}

// Age is counted from the end of the handshake, and so is the right to be the first.
TEST_F(StandbyTest, WhoIsInitialisedFirstIsActive) {
  ASSERT_TRUE(house_.Start().ok());
  const RemotePtr slow = Connect();
  slow->Send("1|RAC|S|SDK|S|slow");
  const std::string init = slow->Next();
  const RemotePtr quick = house_.ConnectReady(0, "1.9.1", "quick");
  EXPECT_EQ(house_.Proxy().sdk, "quick");
  Say(*slow, IdOf(init) + "|DPI|V");
  EXPECT_EQ(house_.Proxy().sdk, "quick");
  EXPECT_EQ(house_.Proxy().standbys.size(), 1u);
}

TEST_F(StandbyTest, SpeaksItsOwnVersion) {
  Start();
  const RemotePtr standby = house_.ConnectReady(0, "1.8.3");
  house_.Turns(5);
  EXPECT_EQ(house_.Proxy().version, "1.9.1");
  active_->Hangup();
  house_.Turns(5);
  EXPECT_EQ(house_.Proxy().version, "1.8.3");
}

TEST_F(StandbyTest, MoreThanMayStandByAreRefused) {
  data_.proxy.max_standbys = 1;
  Start();
  const RemotePtr standby = Standby();
  const RemotePtr surplus = Connect();
  EXPECT_EQ(surplus->Next(), "0|CLOSE|S|reason|S|as+many+remote+adapters+are+connected+as+may+be");
  EXPECT_TRUE(surplus->Closed());
  EXPECT_EQ(house_.counters().connections_refused.value(), 1u);
}

TEST_F(StandbyTest, NobodyStandsByWhereTwoConnectionsMakeOneAdapter) {
  data_.notify_port = 0;
  ASSERT_TRUE(house_.Start().ok());
  const RemotePtr requests = Connect();
  const RemotePtr notify = house_.Connect(house_.Proxy().notify_port);
  requests->AnswerInit("1.8.3");
  house_.Turns(5);
  ASSERT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(Connect()->Next(), "0|CLOSE|S|reason|S|another+remote+adapter+is+connected");
  EXPECT_EQ(house_.Connect(house_.Proxy().notify_port)->Next(),
            "0|CLOSE|S|reason|S|another+remote+adapter+is+connected");
}

TEST_F(StandbyTest, ShowsItsCredentialsFirst) {
  data_.proxy.auth = true;
  data_.proxy.credentials = {{"me", "pw"}};
  ASSERT_TRUE(house_.Start().ok());
  const RemotePtr active = Connect();
  active->Send("1|RAC|S|user|S|me|S|password|S|pw");
  active->AnswerInit();
  const RemotePtr wrong = Connect();
  wrong->Send("1|RAC|S|user|S|me|S|password|S|other");
  EXPECT_EQ(wrong->Next(), "0|CLOSE|S|reason|S|wrong+credentials");
  const RemotePtr standby = Connect();
  standby->Send("1|RAC|S|user|S|me|S|password|S|pw");
  standby->AnswerInit();
  house_.Turns(5);
  EXPECT_EQ(house_.Proxy().standbys.size(), 1u);
}

// --- A standby that is lost

TEST_F(StandbyTest, ItsSilenceIsNoticedByNobodyElse) {
  data_.proxy.keepalive_timeout = seconds(20);
  Start();
  house_.Attach(&one_, "a");
  const std::string sub = active_->Next();
  const RemotePtr standby = Standby();
  house_.Advance(seconds(15));
  Say(*active_, "KEEPALIVE");
  house_.Advance(seconds(5));
  EXPECT_EQ(standby->Next(), "0|CLOSE|S|reason|S|keepalive+timeout");
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_TRUE(house_.Proxy().standbys.empty());
  EXPECT_EQ(house_.counters().connections_lost.value(), 1u);
  EXPECT_EQ(house_.counters().takeovers.value(), 0u);
  EXPECT_FALSE(active_->HasLine());
  Say(*active_, "0|UD3|S|a|S|" + IdOf(sub) + "|B|0|S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
}

TEST_F(StandbyTest, ItsEndAndItsFailureAreItsOwn) {
  data_.proxy.robust = false;
  Start();
  Standby()->Hangup();
  house_.Turns(5);
  const RemotePtr failing = Standby();
  failing->Send("0|FAL|E|feed lost");
  EXPECT_EQ(BodyOf(failing->Next()).substr(0, 5), "CLOSE");
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_TRUE(house_.fatal().empty());
  EXPECT_FALSE(active_->HasLine());
}

class FailingStandbyTest : public StandbyTest, public testing::WithParamInterface<bool> {};

TEST_P(FailingStandbyTest, WhoCannotBeInitialisedBringsNoRestWhileOneWorks) {
  data_.proxy.robust = GetParam();
  data_.proxy.connection_recovery_timeout = config::Milliseconds(-1);
  Start();
  const RemotePtr failing = Connect();
  failing->Send(IdOf(failing->Next()) + "|DPI|ED|no feed");
  EXPECT_EQ(BodyOf(failing->Next()).substr(0, 5), "CLOSE");
  Standby();
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_TRUE(house_.fatal().empty());
}

INSTANTIATE_TEST_SUITE_P(Proxies, FailingStandbyTest, testing::Bool());

// --- The loss of the active one

TEST_F(StandbyTest, APlainProxyFailsWhenNobodyIsLeft) {
  data_.proxy.robust = false;
  Start();
  const RemotePtr standby = Standby();
  active_->Hangup();
  house_.Turns(5);
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_TRUE(house_.fatal().empty());
  standby->Hangup();
  house_.Turns(5);
  EXPECT_EQ(house_.fatal().size(), 1u);
}

class LossTest : public StandbyTest, public testing::WithParamInterface<const char*> {};

TEST_P(LossTest, AFailureThatItReportsMakesTheStandbyTakeOver) {
  Start();
  house_.Attach(&one_, "a");
  const std::string id = IdOf(active_->Next());
  const RemotePtr standby = Standby();
  active_->Send(std::string(GetParam()).starts_with("SUB") ? id + "|" + GetParam()
                                                           : std::string("0|") + GetParam());
  EXPECT_EQ(BodyOf(standby->Next()), "SUB|S|a");
  EXPECT_EQ(BodyOf(active_->Next()).substr(0, 5), "CLOSE");
  EXPECT_TRUE(active_->Closed());
}

INSTANTIATE_TEST_SUITE_P(Failures, LossTest,
                         testing::Values("FAL|E|feed lost", "SUB|EF|feed lost"));

// An item that two of them fail over is kept from the third.
class DeadlyItemTest : public StandbyTest {
 protected:
  void FailTwice() {
    Start();
    house_.Attach(&one_, "bad");
    const RemotePtr second = Standby();
    third_ = Standby();
    for (ScriptedRemote* remote : {active_.get(), second.get()}) {
      const std::string sub = remote->Next();
      ASSERT_EQ(BodyOf(sub), "SUB|S|bad");
      Say(*remote, IdOf(sub) + "|SUB|EF|lost");
    }
  }

  RemotePtr third_;
};

// A14
TEST_F(DeadlyItemTest, IsKeptFromTheThirdWhichServesTheOthers) {
  FailTwice();
  EXPECT_FALSE(third_->HasLine());
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_EQ(house_.counters().items_failed.value(), 1u);
  kernel::Subscriber two;
  house_.Attach(&two, "good");
  EXPECT_EQ(BodyOf(third_->Next()), "SUB|S|good");
}

TEST_F(DeadlyItemTest, IsTriedAgainAfterAPauseByOneMore) {
  FailTwice();
  const RemotePtr fourth = Standby();
  house_.Advance(seconds(30));
  const std::string sub = third_->Next();
  EXPECT_EQ(BodyOf(sub), "SUB|S|bad");
  Say(*third_, IdOf(sub) + "|SUB|EF|lost");
  EXPECT_TRUE(house_.Proxy().ready);
  EXPECT_FALSE(fourth->HasLine());
}

TEST_F(DeadlyItemTest, IsLikeAnyOtherOnceItIsServed) {
  FailTwice();
  house_.Advance(seconds(30));
  Say(*third_, IdOf(third_->Next()) + "|SUB|V");
  const RemotePtr fourth = Standby();
  third_->Hangup();
  const std::string sub = fourth->Next();
  EXPECT_EQ(BodyOf(sub), "SUB|S|bad");
  const RemotePtr fifth = Standby();
  Say(*fourth, IdOf(sub) + "|SUB|EF|lost");
  EXPECT_EQ(BodyOf(fifth->Next()), "SUB|S|bad");
}

// Nobody was asked for it, so nobody is told that it is over.
TEST_F(DeadlyItemTest, IsForgottenWithItsSubscriber) {
  FailTwice();
  house_.Detach(&one_);
  EXPECT_FALSE(third_->HasLine());
  house_.Attach(&one_, "bad");
  EXPECT_EQ(BodyOf(third_->Next()), "SUB|S|bad");
  house_.Detach(&one_);
  EXPECT_EQ(BodyOf(third_->Next()), "USB|S|bad");
  house_.Advance(seconds(30));
  EXPECT_FALSE(third_->HasLine());
}

TEST_F(StandbyTest, TakesOverFromOneThatIsSilent) {
  data_.proxy.keepalive_timeout = seconds(20);
  Start();
  house_.Attach(&one_, "a");
  const RemotePtr standby = Standby();
  house_.Advance(seconds(15));
  Say(*standby, "KEEPALIVE");
  house_.Advance(seconds(5));
  EXPECT_EQ(BodyOf(standby->Next()), "SUB|S|a");
}

TEST_F(StandbyTest, WhatALostOneSaidLateIsOfNoInterest) {
  Start();
  house_.Attach(&one_, "a");
  const std::string old = IdOf(active_->Next());
  const RemotePtr standby = Standby();
  active_->Hangup();
  EXPECT_NE(IdOf(standby->Next()), old);
  Say(*standby, "0|UD3|S|a|S|" + old + "|B|0|S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  EXPECT_EQ(house_.counters().events_stale.value(), 1u);
}

// --- What a standby may not

TEST_F(StandbyTest, ItsEventsAreDropped) {
  Start();
  house_.Attach(&one_, "a");
  const std::string id = IdOf(active_->Next());
  const RemotePtr standby = Standby();
  Say(*standby, "0|UD3|S|a|S|" + id + "|B|0|S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  EXPECT_EQ(house_.counters().standby_packets.value(), 1u);
}

TEST_F(StandbyTest, EachIsToldOfTheEndOfTheServer) {
  Start();
  const RemotePtr standby = Standby();
  const RemotePtr entering = Connect();
  EXPECT_EQ(BodyOf(entering->Next()).substr(0, 3), "DPI");
  house_.hub().Drain(TimePoint::min());
  house_.Turns(5);
  for (ScriptedRemote* remote : {active_.get(), standby.get(), entering.get()}) {
    EXPECT_EQ(remote->Next(), "0|CLOSE|S|reason|S|the+server+is+shutting+down");
    EXPECT_TRUE(remote->Closed());
  }
  EXPECT_EQ(house_.counters().takeovers.value(), 0u);
}

// --- Metadata Adapters

class MetadataStandbyTest : public MetadataProxyTest {
 protected:
  void StartBoth() {
    StartReady();
    standby_ = house_.ConnectReady(0);
    house_.Turns(5);
    ASSERT_EQ(house_.Proxy().standbys.size(), 1u);
  }
  void TakeOver() {
    remote_->Hangup();
    house_.Turns(5);
    remote_ = std::move(standby_);
  }

  RemotePtr standby_;
};

TEST_F(MetadataStandbyTest, QuestionsUnderWayAreAskedAgain) {
  StartBoth();
  Authorize(Query());
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  TakeOver();
  ResolveNames();
  EXPECT_EQ(Next(), "GIT|S|a|S|b");
  Reply("GIT|I|0|D|0.0|M|M|I|0|D|0.0|M|M");
  EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
  standby_ = house_.ConnectReady(0);
  house_.Turns(5);
  TakeOver();
  EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
  Reply("GUI|I|0|D|0.0|M|M|I|0|D|0.0|M|M");
  EXPECT_EQ(Grant().items.size(), 2u);
}

// A question that kills adapters shall not kill all of them.
TEST_F(MetadataStandbyTest, AQuestionIsAskedTwiceAtMost) {
  StartBoth();
  Authorize(Query());
  Next();
  TakeOver();
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  standby_ = house_.ConnectReady(0);
  house_.Turns(5);
  TakeOver();
  EXPECT_TRUE(authorized_.has_value());
  EXPECT_FALSE(remote_->HasLine());
}

TEST_F(MetadataStandbyTest, WhatMayHaveBeenDoneIsNotAskedAgain) {
  StartBoth();
  SendMessage("pay");
  EXPECT_EQ(Next().substr(0, 3), "NUM");
  TakeOver();
  EXPECT_TRUE(std::holds_alternative<tlcp::Error>(outcome_.value()));
  EXPECT_FALSE(remote_->HasLine());
  SendMessage("pay");
  EXPECT_EQ(Next().substr(0, 3), "NUM");
}

// It may have been let in, by the one that is lost: the next one is told before anybody comes.
TEST_F(MetadataStandbyTest, TheEndOfASessionUnderWayIsToldBeforeAllElse) {
  StartBoth();
  Open();
  Next();
  Reply("NUS|D|0|B|0");
  EXPECT_EQ(Next().substr(0, 3), "NNS");
  TakeOver();
  EXPECT_EQ(Next(), "NSC|S|S1");
  Open();
  EXPECT_FALSE(remote_->HasLine());
  Reply("NSC|V");
  EXPECT_EQ(Next().substr(0, 3), "NUS");
}

// Somebody is there who may let it in: nothing is away.
TEST_F(MetadataStandbyTest, ASessionUnderWayIsToldToTryAgain) {
  StartBoth();
  Open();
  EXPECT_EQ(Next().substr(0, 3), "NUS");
  TakeOver();
  EXPECT_EQ(OpenCode(), 6);
  EXPECT_FALSE(remote_->HasLine());
  standby_ = house_.ConnectReady(0);
  house_.Turns(5);
  Open();
  EXPECT_EQ(Next().substr(0, 3), "NUS");
  Reply("NUS|D|0|B|0");
  EXPECT_EQ(Next().substr(0, 3), "NNS");
  TakeOver();
  EXPECT_EQ(OpenCode(), 6);
}

// The limits hold back what waits for a place, which the loss gives free.
TEST_F(MetadataStandbyTest, IsToldOfEndsBeforeItIsAskedAnything) {
  metadata_.authentication_max_pending = 1;
  metadata_.requests_max_pending = 2;
  StartBoth();
  house_.OnShard([this] { house_.metadata().CloseSession("S7", "user1"); });
  EXPECT_EQ(Next(), "NSC|S|S7");
  Open();
  EXPECT_EQ(Next().substr(0, 3), "NUS");
  Open();
  Authorize(Query());
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  TakeOver();
  EXPECT_EQ(Next(), "NSC|S|S7");
  const std::string nsc_id = id_;
  EXPECT_EQ(Next().substr(0, 3), "GIS") << "a question that was asked already";
  EXPECT_FALSE(remote_->HasLine());
  id_ = nsc_id;
  Reply("NSC|V");
  EXPECT_EQ(Next().substr(0, 3), "NUS");
}

TEST_F(MetadataStandbyTest, IsToldOnceOfAnEndThatWaitedForItsTurn) {
  metadata_.requests_max_pending = 1;
  StartBoth();
  for (const char* const session : {"S7", "S8"}) {
    house_.OnShard([this, session] { house_.metadata().CloseSession(session, "user1"); });
  }
  EXPECT_EQ(Next(), "NSC|S|S7");
  TakeOver();
  EXPECT_EQ(Next(), "NSC|S|S7");
  Reply("NSC|V");
  EXPECT_EQ(Next(), "NSC|S|S8");
  Reply("NSC|V");
  EXPECT_FALSE(remote_->HasLine());
}

// A plain proxy keeps them for no other reason than that somebody may take over.
TEST_F(MetadataStandbyTest, OfAPlainProxyIsToldOfEndsToo) {
  metadata_.proxy.robust = false;
  StartBoth();
  house_.OnShard([this] { house_.metadata().CloseSession("S7", "user1"); });
  EXPECT_EQ(Next(), "NSC|S|S7");
  TakeOver();
  EXPECT_TRUE(house_.fatal().empty());
  EXPECT_EQ(Next(), "NSC|S|S7");
  EXPECT_EQ(house_.counters().close_notices_repeated.value(), 1u);
}

TEST_F(MetadataStandbyTest, NewQuestionsGoToTheOneThatTookOver) {
  StartBoth();
  TakeOver();
  Authorize(Query());
  ResolveNames();
}

TEST_F(MetadataStandbyTest, AStandbyMayEndNoSession) {
  StartBoth();
  standby_->Send("64|FST|S|S1|V");
  EXPECT_EQ(standby_->Next().substr(0, 9), "64|FST|E|");
  EXPECT_EQ(house_.counters().standby_packets.value(), 1u);
}

TEST_F(MetadataStandbyTest, DataPortsStayOpen) {
  StartBoth();
  TakeOver();
  const RemotePtr data = house_.ConnectReady(1);
  EXPECT_TRUE(house_.Proxy(1).ready);
}

}  // namespace
}  // namespace penstock::adapters
