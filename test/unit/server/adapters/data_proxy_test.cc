// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <gtest/gtest.h>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using config::EventsRecovery;
using std::chrono::seconds;
using test::BodyOf;
using test::IdOf;
using test::ScriptedRemote;
using test::TestHouse;

class DataProxyTest : public testing::Test {
 protected:
  explicit DataProxyTest(std::size_t shards = 1) : house_(shards), data_(house_.AddData()) {}

  void Start() {
    ASSERT_TRUE(house_.Start().ok());
    remote_ = house_.ConnectReady(0, version_);
    ASSERT_TRUE(house_.Proxy().ready);
  }
  // Subscribes and returns the id of the SUB.
  std::string Subscribe(kernel::Subscriber* subscriber, const std::string& item) {
    house_.Attach(subscriber, item);
    return ExpectSub(item);
  }
  std::string ExpectSub(const std::string& item) {
    const std::string line = remote_->Next();
    EXPECT_EQ(BodyOf(line), "SUB|S|" + item);
    return IdOf(line);
  }
  void Say(const std::string& line) {
    remote_->Send(line);
    house_.Turns(4);
  }
  void Update(const std::string& id, bool snapshot, const std::string& fields) {
    Say("0|UD3|S|a|S|" + id + (snapshot ? "|B|1|" : "|B|0|") + fields);
  }
  void Reconnect() {
    remote_->Hangup();
    house_.Turns(5);
    remote_ = house_.ConnectReady(0, version_);
  }

  TestHouse house_;
  config::DataAdapter& data_;
  std::string version_ = "1.9.1";
  std::unique_ptr<ScriptedRemote> remote_;
  kernel::Subscriber one_;
  kernel::Subscriber two_;
};

TEST_F(DataProxyTest, FirstAndLastSubscriberMakeSubAndUsb) {
  Start();
  Subscribe(&one_, "a");
  house_.Attach(&two_, "a");
  house_.Detach(&one_);
  EXPECT_FALSE(remote_->HasLine());
  house_.Detach(&two_);
  EXPECT_EQ(BodyOf(remote_->Next()), "USB|S|a");
}

// A4
TEST_F(DataProxyTest, ItemNamesTravelAsAscii) {
  Start();
  house_.Attach(&one_, "a b+€");
  const std::string sub = remote_->Next();
  EXPECT_EQ(BodyOf(sub), "SUB|S|a%20b%2B%E2%82%AC");
  Say(IdOf(sub) + "|SUB|V");
  house_.Detach(&one_);
  EXPECT_EQ(BodyOf(remote_->Next()), "USB|S|a%20b%2B%E2%82%AC");
}

TEST_F(DataProxyTest, ValuesReachTheItem) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  Say(id + "|SUB|V");
  Update(id, true, "S|last|S|12%7C5 +3|S|name|S|$|S|gone|S|#");
  EXPECT_EQ(house_.Value(one_, "last"), "12|5 +3");
  EXPECT_EQ(house_.Value(one_, "name"), "");
  EXPECT_EQ(house_.Value(one_, "gone"), "#");
  EXPECT_EQ(house_.Value(one_, "absent"), std::nullopt);
  Update(id, false, "S|last|S|13");
  EXPECT_EQ(house_.Value(one_, "last"), "13");
  EXPECT_EQ(house_.Value(one_, "name"), "");
  EXPECT_EQ(house_.counters().events.value(), 2u);
}

// A9
TEST_F(DataProxyTest, EventsMayComeBeforeTheReply) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  Say("0|EOS|S|a|S|" + id);
  Update(id, false, "S|f|S|1");
  Say(id + "|SUB|V");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
  Update(id, false, "S|f|S|2");
  EXPECT_EQ(house_.Value(one_, "f"), "2");
}

TEST_F(DataProxyTest, ClearSnapshotNullsTheFields) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  Update(id, false, "S|f|S|1");
  Say("0|CLS|S|a|S|" + id);
  EXPECT_EQ(house_.Value(one_, "f"), "#");
}

// A8
TEST_F(DataProxyTest, StaleUnknownAndFailedSubscriptionsAreDroppedAndCounted) {
  Start();
  const std::string old_id = Subscribe(&one_, "a");
  Say(old_id + "|SUB|V");
  house_.Detach(&one_);
  EXPECT_EQ(BodyOf(remote_->Next()), "USB|S|a");
  const std::string id = Subscribe(&one_, "a");
  EXPECT_NE(id, old_id);
  Update(old_id, false, "S|f|S|stale");
  Update("ffff", false, "S|f|S|unknown");
  Say("0|EOS|S|a|S|" + old_id);
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  EXPECT_EQ(house_.counters().events_stale.value(), 3u);
  Say(id + "|SUB|EU|no such item");
  Update(id, false, "S|f|S|failed");
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  EXPECT_EQ(house_.counters().events_stale.value(), 4u);
  EXPECT_TRUE(house_.Proxy().ready);
}

// A7
TEST_F(DataProxyTest, SubAndUsbAlternateEvenAfterAFailure) {
  Start();
  Say(Subscribe(&one_, "a") + "|SUB|EU|no such item");
  house_.Detach(&one_);
  EXPECT_EQ(BodyOf(remote_->Next()), "USB|S|a");
  Subscribe(&one_, "a");
}

// "Subscribe request come too late" answers a SUB that nobody waits for any more (A7).
// A7
TEST_F(DataProxyTest, ABurstLeavesTheLastSubscriptionActive) {
  Start();
  const std::string first = Subscribe(&one_, "a");
  house_.Detach(&one_);
  const std::string usb = remote_->Next();
  const std::string second = Subscribe(&one_, "a");
  Say(first + "|SUB|EU|Subscribe request come too late");
  Say(IdOf(usb) + "|USB|V");
  Say(second + "|SUB|V");
  Update(second, false, "S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
}

// Python 1.3.1 never answers a SUB that it skips (ari.md §4.2).
// A7
TEST_F(DataProxyTest, TheAnswerOfUsbEndsASubThatHasNone) {
  Start();
  const std::string sub = Subscribe(&one_, "a");
  house_.Detach(&one_);
  Say(IdOf(remote_->Next()) + "|USB|V");
  house_.Advance(seconds(10));
  EXPECT_EQ(house_.counters().timeouts.value(), 0u);
  Say(sub + "|SUB|EF|Subscribe request come too late");
  EXPECT_EQ(house_.counters().late_replies.value(), 1u);
  EXPECT_TRUE(house_.Proxy().ready);
}

// The place of a SUB without an answer is given back too.
TEST_F(DataProxyTest, ASkippedSubHoldsNoPlaceAmongThoseThatMayBeUnderWay) {
  data_.proxy.timeout = config::Milliseconds(0);
  data_.requests_max_pending = 2;
  Start();
  for (int round = 0; round < 3; ++round) {
    Subscribe(&one_, "a");
    house_.Detach(&one_);
    const std::string usb = remote_->Next();
    EXPECT_EQ(BodyOf(usb), "USB|S|a");
    Say(IdOf(usb) + "|USB|V");
  }
}

// However often clients change their minds meanwhile, no more waits than they want.
TEST_F(DataProxyTest, ASubscriptionThatIsOverBeforeItsTurnIsNeverSent) {
  data_.proxy.timeout = config::Milliseconds(0);
  data_.requests_max_pending = 1;
  Start();
  const std::string sub = Subscribe(&one_, "a");
  house_.Attach(&two_, "b");
  for (int round = 0; round < 5; ++round) {
    house_.Detach(&two_);
    house_.Attach(&two_, "b");
  }
  house_.Detach(&one_);
  EXPECT_FALSE(remote_->HasLine());
  EXPECT_EQ(house_.counters().items_called_off.value(), 5u);
  Say(sub + "|SUB|V");
  const std::string second = remote_->Next();
  EXPECT_EQ(BodyOf(second), "SUB|S|b");
  Say(IdOf(second) + "|SUB|V");
  EXPECT_EQ(BodyOf(remote_->Next()), "USB|S|a");
  EXPECT_FALSE(remote_->HasLine());
}

// A12
TEST_F(DataProxyTest, ALostSubReplyLeavesTheSubscriptionValid) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  house_.Advance(seconds(10));
  EXPECT_EQ(house_.counters().timeouts.value(), 1u);
  Update(id, false, "S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
  Say(id + "|SUB|V");
  EXPECT_EQ(house_.counters().late_replies.value(), 1u);
}

// A14
TEST_F(DataProxyTest, AFatalAnswerEndsTheConnection) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  Say(id + "|SUB|EF|lost");
  EXPECT_FALSE(house_.Proxy().ready);
  EXPECT_EQ(BodyOf(remote_->Next()).substr(0, 5), "CLOSE");
}

// A17
TEST_F(DataProxyTest, MalformedLinesAreCountedAndSkipped) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  for (const char* line : {"x", "|UD3|S|a", "0|UD3|S|a", "0|XYZ|S|a", "0|GIT|V"}) Say(line);
  Update(id, false, "S|f|S|%ZZ");
  Update(id, false, "S|f|S|\xFF\xFE");
  Update(id, false, "S|f|S|%FF");
  Update(id, false, "S|f");
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  EXPECT_EQ(house_.counters().malformed_lines.value(), 8u);
  EXPECT_EQ(house_.counters().late_replies.value(), 1u);
  Update(id, false, "S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
}

TEST_F(DataProxyTest, DiffDeclarationsAreReadAndCounted) {
  Start();
  const std::string id = Subscribe(&one_, "a");
  Say("0|DFD|S|a|S|" + id + "|S|f|F|JM|S|g|F|#|S|h|F|$");
  EXPECT_EQ(house_.counters().diff_declarations.value(), 1u);
  EXPECT_EQ(house_.counters().malformed_lines.value(), 0u);
}

// A4
TEST_F(DataProxyTest, OlderDialectHasFormEncodingAndBytes) {
  version_ = "1.8.3";
  Start();
  const std::string id = Subscribe(&one_, "a");
  Update(id, false, "S|f|S|a+b%E2%82%AC|S|g|Y|6TE=|S|n|Y|#");
  EXPECT_EQ(house_.Value(one_, "f"), "a b€");
  EXPECT_EQ(house_.Value(one_, "g"), "é1");
  EXPECT_EQ(house_.Value(one_, "n"), "#");
}

TEST_F(DataProxyTest, EventsOfTheNotifyConnectionCount) {
  data_.notify_port = 0;
  ASSERT_TRUE(house_.Start().ok());
  remote_ = house_.Connect(house_.Proxy().port);
  auto notify = house_.Connect(house_.Proxy().notify_port);
  ASSERT_TRUE(remote_->AnswerInit("1.8.2"));
  house_.Turns(5);
  const std::string id = Subscribe(&one_, "a");
  notify->Send("0|UD3|S|a|S|" + id + "|B|0|S|f|S|1");
  house_.Turns(5);
  EXPECT_EQ(house_.Value(one_, "f"), "1");
}

// --- Losses and recovery

TEST_F(DataProxyTest, ItemsWantedWhileNobodyIsThereAreSubscribedLater) {
  ASSERT_TRUE(house_.Start().ok());
  house_.Attach(&one_, "a");
  house_.Attach(&two_, "b");
  house_.Detach(&two_);
  remote_ = house_.ConnectReady();
  const std::string id = ExpectSub("a");
  EXPECT_FALSE(remote_->HasLine());
  // Nobody had subscribed it before: its snapshot is no recovery.
  Update(id, true, "S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
}

// A13
TEST_F(DataProxyTest, WantedItemsAreSubscribedAgainUnderNewIds) {
  Start();
  const std::string old_id = Subscribe(&one_, "a");
  Say(old_id + "|SUB|V");
  Reconnect();
  const std::string id = ExpectSub("a");
  EXPECT_NE(id, old_id);
  Update(old_id, false, "S|f|S|old");
  EXPECT_EQ(house_.Value(one_, "f"), std::nullopt);
  Update(id, false, "S|f|S|new");
  EXPECT_EQ(house_.Value(one_, "f"), "new");
}

TEST_F(DataProxyTest, ItemsGivenUpDuringTheLossAreNotSubscribedAgain) {
  Start();
  Subscribe(&one_, "a");
  remote_->Hangup();
  house_.Turns(5);
  house_.Detach(&one_);
  remote_ = house_.ConnectReady();
  EXPECT_FALSE(remote_->HasLine());
}

class FirstSnapshotTest : public DataProxyTest, public testing::WithParamInterface<const char*> {};

// A13
TEST_P(FirstSnapshotTest, OfAnItemThatNobodyWasToldOfIsNoRecovery) {
  data_.events_recovery = EventsRecovery::kLeaveHole;
  Start();
  Say(Subscribe(&one_, "a") + "|SUB|" + GetParam());
  Reconnect();
  Update(ExpectSub("a"), true, "S|f|S|1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
  EXPECT_EQ(house_.counters().events_refused.value(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Answers, FirstSnapshotTest, testing::Values("V", "EU|no feed yet"));

class RecoveryTest : public DataProxyTest {
 protected:
  // An item with fields f and g before the loss, and a snapshot with f after it.
  void LoseAndRecover(EventsRecovery policy) {
    data_.events_recovery = policy;
    Start();
    const std::string id = Subscribe(&one_, "a");
    Say(id + "|SUB|V");
    Update(id, true, "S|f|S|1|S|g|S|1");
    Say("0|EOS|S|a|S|" + id);
    remote_->Hangup();
    house_.Turns(5);
    f_when_lost_ = house_.Value(one_, "f");
    remote_ = house_.ConnectReady();
    id_ = ExpectSub("a");
    Update(id_, true, "S|f|S|2");
  }

  std::optional<std::string> f_when_lost_;
  std::string id_;
};

// A13
TEST_F(RecoveryTest, LeaveHoleDropsTheSnapshot) {
  LoseAndRecover(EventsRecovery::kLeaveHole);
  EXPECT_EQ(f_when_lost_, "1");
  EXPECT_EQ(house_.Value(one_, "f"), "1");
  EXPECT_EQ(house_.counters().events_refused.value(), 1u);
  Update(id_, false, "S|f|S|3");
  EXPECT_EQ(house_.Value(one_, "f"), "3");
  EXPECT_EQ(house_.Value(one_, "g"), "1");
}

// A13
TEST_F(RecoveryTest, LeaveHoleDropsNothingBehindTheEndOfTheSnapshot) {
  LoseAndRecover(EventsRecovery::kLeaveHole);
  Say("0|EOS|S|a|S|" + id_);
  Update(id_, true, "S|f|S|3");
  EXPECT_EQ(house_.Value(one_, "f"), "3");
  EXPECT_EQ(one_.item->realtime_generation(), one_.item->generation());
}

// A13
TEST_F(RecoveryTest, UseSnapshotReplacesTheState) {
  LoseAndRecover(EventsRecovery::kUseSnapshot);
  EXPECT_EQ(f_when_lost_, "1");
  EXPECT_EQ(house_.Value(one_, "f"), "2");
  EXPECT_EQ(house_.Value(one_, "g"), "#");
}

// A13
TEST_F(RecoveryTest, EnforceSnapshotClearsAtTheLossAndTellsTheNewStateAsNews) {
  LoseAndRecover(EventsRecovery::kEnforceSnapshot);
  EXPECT_EQ(f_when_lost_, "#");
  EXPECT_EQ(house_.Value(one_, "f"), "2");
  EXPECT_EQ(house_.Value(one_, "g"), "#");
  EXPECT_EQ(one_.item->realtime_generation(), one_.item->generation());
}

// --- Items of other shards

class TwoShardsTest : public DataProxyTest {
 protected:
  TwoShardsTest() : DataProxyTest(2) {}
};

TEST_F(TwoShardsTest, ItemsOfEveryShardAreServedAndRecovered) {
  Start();
  std::vector<kernel::Subscriber> subscribers(16);
  for (int i = 0; i < 16; ++i) house_.Attach(&subscribers[i], "item" + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 16; ++i) {
      const std::string sub = remote_->Next();
      ASSERT_EQ(BodyOf(sub).substr(0, 10), "SUB|S|item");
      Say("0|UD3|S|x|S|" + IdOf(sub) + "|B|1|S|f|S|" + std::to_string(round));
    }
    for (const kernel::Subscriber& subscriber : subscribers) {
      EXPECT_EQ(house_.Value(subscriber, "f"), std::to_string(round));
    }
    if (round == 0) Reconnect();
  }
}

}  // namespace
}  // namespace penstock::adapters
