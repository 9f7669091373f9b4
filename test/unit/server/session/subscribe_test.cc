// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a client is told from add to delete (TLCP §3.2, §3.3).

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class SubscribeTest : public test::SessionFixture {
 protected:
  // What the Metadata Adapter is told when it ends a subscription.
  std::string Force(Session* session, int sub_id) {
    std::string told = "nothing";
    shard_.Post([&] {
      session->ForceUnsubscribe(sub_id,
                                [&](bool allowed) { told = allowed ? "done" : "not allowed"; });
    });
    Turn();
    return told;
  }
};

TEST_F(SubscribeTest, TellsSubOkConfAndThenTheSnapshot) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  EXPECT_TRUE(link.Take().starts_with("CONOK," + session->id() + ",50000,5000,* | "));
  EXPECT_EQ(Control(session, MakeAdd(1, "a b", "f g")), "OK");
  EXPECT_EQ(link.Take(), "SUBOK,1,2,2 | CONF,1,unlimited,filtered");
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  Send("b", {{"f", "x"}}, true);
  EXPECT_EQ(link.Take(), "U,1,1,1|2 | U,1,2,x|#");
  Send("a", {{"g", "3"}});
  EXPECT_EQ(link.Take(), "U,1,1,|3");
}

TEST_F(SubscribeTest, ALateSubscriberGetsTheCurrentValuesAtOnce) {
  test::FakeLink first, late;
  Control(OpenBound(first), MakeAdd(1, "a", "f g"));
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  Send("a", {{"f", "9"}});
  Session* const session = OpenBound(late);
  late.Take();
  Control(session, MakeAdd(7, "a", "g f"));
  EXPECT_EQ(late.Take(), "SUBOK,7,1,2 | CONF,7,unlimited,filtered | U,7,1,2|9");
  EXPECT_EQ(source_.log(), (std::vector<std::string>{"SUB a"}));
}

TEST_F(SubscribeTest, WithoutSnapshotTheFirstUpdateIsRealTimeAndComplete) {
  test::FakeLink other, link;
  Control(OpenBound(other), MakeAdd(1, "a", "f g"));
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  Session* const session = OpenBound(link);
  link.Take();
  Control(session, MakeAdd(1, "a", "f g", false));
  EXPECT_EQ(link.Take(), "SUBOK,1,1,2 | CONF,1,unlimited,filtered");
  Send("a", {{"g", "3"}});
  EXPECT_EQ(link.Take(), "U,1,1,1|3");
}

TEST_F(SubscribeTest, WithoutSnapshotTheAdaptersSnapshotIsNotSent) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f", false));
  link.Take();
  Send("a", {{"f", "1"}}, true);
  EXPECT_EQ(link.Take(), "");
  Send("a", {{"f", "2"}});
  EXPECT_EQ(link.Take(), "U,1,1,2");
}

TEST_F(SubscribeTest, RefusalsReachTheClientWithTheirCode) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  metadata_.refuse_subscribe = tlcp::MakeError(tlcp::RequestCode::kInvalidGroup);
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "21 Invalid item group");
  metadata_.refuse_subscribe.reset();
  tlcp::Add add = MakeAdd(1, "a", "f");
  add.data_adapter = "NONE";
  EXPECT_EQ(Control(session, add), "17 Data Adapter not found");
  add = MakeAdd(1, "a", "f");
  EXPECT_EQ(Control(session, tlcp::Delete{9}), "19 Specified subscription not found");
  EXPECT_EQ(Control(session, tlcp::Mpn{}), "40 MPN Module disabled");
  // The refused id is free again.
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "OK");
}

TEST_F(SubscribeTest, ARepeatedAddIsAnsweredAndChangesNothing) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  link.Take();
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "OK");
  EXPECT_EQ(link.Take(), "");
  EXPECT_EQ(Control(session, MakeAdd(1, "b", "f")).substr(0, 2), "68");
}

TEST_F(SubscribeTest, ADeleteOvertakesNoAddThatIsStillAsked) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.Take();
  metadata_.hold = true;
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "none");
  const auto add_answer = last_answer_;
  EXPECT_EQ(Control(session, tlcp::Delete{1}), "none");
  shard_.Post([&] { metadata_.AnswerHeld(); });
  Turn();
  EXPECT_EQ(*add_answer, "OK");
  EXPECT_EQ(*last_answer_, "OK");
  EXPECT_EQ(link.Take(), "SUBOK,1,1,1 | CONF,1,unlimited,filtered | UNSUB,1");
  EXPECT_EQ(source_.log(), (std::vector<std::string>{"SUB a", "USB a"}));
}

TEST_F(SubscribeTest, AfterUnsubNothingComesForThatId) {
  test::FakeLink link, other;
  Session* const session = OpenBound(link);
  Control(OpenBound(other), MakeAdd(1, "a", "f"));
  Control(session, MakeAdd(1, "a", "f"));
  Send("a", {{"f", "1"}}, true);
  link.is_writable = false;
  Send("a", {{"f", "2"}});
  link.Take();
  Control(session, tlcp::Delete{1});
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  EXPECT_EQ(link.Take(), "UNSUB,1");
}

TEST_F(SubscribeTest, TheTableIsClosedWithItsItemsOnDeleteAndAtTheEnd) {
  metadata_.open_tables = true;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a b", "f"));
  Control(session, MakeAdd(2, "c", "f"));
  Control(session, tlcp::Delete{1});
  Control(session, tlcp::Destroy{});
  const std::vector<std::string> expected{
      "OPEN -", "AUTHORIZE a b", "AUTHORIZE c", "CLOSE_TABLE a b 2", "CLOSE_TABLE c 1", "CLOSE"};
  EXPECT_EQ(metadata_.log, expected);
}

// A11
TEST_F(SubscribeTest, TheMetadataAdapterMayEndASubscriptionIfItSaidSo) {
  metadata_.open_tables = true;
  metadata_.enable_unsubscription = true;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  link.Take();
  EXPECT_EQ(Force(session, 1), "done");
  EXPECT_EQ(link.Take(), "UNSUB,1");
  EXPECT_EQ(source_.log(), (std::vector<std::string>{"SUB a", "USB a"}));
  EXPECT_EQ(metadata_.log.back(), "CLOSE_TABLE a 1");
  EXPECT_EQ(Force(session, 1), "done");  // there is nothing to do
  EXPECT_EQ(link.Take(), "");
}

// A11
TEST_F(SubscribeTest, TheMetadataAdapterMayNotEndOtherSubscriptions) {
  metadata_.open_tables = true;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  link.Take();
  EXPECT_EQ(Force(session, 1), "not allowed");
  EXPECT_EQ(link.Take(), "");
}

TEST_F(SubscribeTest, WhatTheMetadataAdapterHasNotGrantedItCannotEnd) {
  metadata_.hold = true;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  EXPECT_EQ(Force(session, 1), "done");
  link.Take();
  shard_.Post([&] { metadata_.AnswerHeld(); });
  Turn();
  EXPECT_EQ(link.Take(), "SUBOK,1,1,1 | CONF,1,unlimited,filtered");
}

class StatisticsTest : public SubscribeTest {
 protected:
  StatisticsTest() {
    metadata_.open_tables = true;
    metadata_.wants_statistics = true;
  }
  using Statistics = std::vector<ItemStatistics>;
};

TEST_F(StatisticsTest, OfMergeEventsAreSentOrMerged) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a b", "f"));
  Send("a", {{"f", "snap"}}, true);
  Send("b", {{"f", "snap"}}, true);
  for (const char* const value : {"1", "2"}) Send("a", {{"f", value}});
  link.is_writable = false;
  for (const char* const value : {"3", "4", "5"}) Send("a", {{"f", value}});
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  Control(session, tlcp::Delete{1});
  // Three events became one; of "b" there was a snapshot, and no more.
  EXPECT_EQ(metadata_.statistics, (Statistics{{3, 0, 2}, {0, 0, 0}}));
}

TEST_F(StatisticsTest, OfRawWhatIsNotSentIsLost) {
  options_.max_buffer_size = 2;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a", "f", false);
  add.mode = tlcp::Mode::kRaw;
  Control(session, add);
  Send("a", {{"f", "0"}});
  link.is_writable = false;
  for (const char* const value : {"1", "2", "3", "4", "5"}) Send("a", {{"f", value}});
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  Control(session, tlcp::Delete{1});
  EXPECT_EQ(metadata_.statistics, (Statistics{{3, 3, 0}}));
}

TEST_F(StatisticsTest, AreThereOnlyWhereTheyAreWanted) {
  metadata_.wants_statistics = false;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  Send("a", {{"f", "1"}});
  Control(session, tlcp::Delete{1});
  EXPECT_EQ(metadata_.statistics, Statistics{});
}

TEST_F(SubscribeTest, AGrantThatComesAfterTheSessionClosesItsTable) {
  metadata_.open_tables = true;
  metadata_.hold = true;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  const auto add_answer = last_answer_;
  Control(session, tlcp::Destroy{});
  EXPECT_EQ(*add_answer, "20 Specified session not found");
  shard_.Post([&] { metadata_.AnswerHeld(); });
  Turn();
  EXPECT_EQ(metadata_.log.back(), "CLOSE_TABLE a 1");
  EXPECT_TRUE(source_.log().empty());
}

TEST_F(SubscribeTest, LimitsOfTheConfigurationAreRefusedWithAText) {
  options_.max_items = 2;
  options_.max_fields = 2;
  options_.max_subscriptions = 1;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  EXPECT_EQ(Control(session, MakeAdd(1, "a b c", "f")), "68 Too many items in the group");
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f g h")), "68 Too many fields in the schema");
  EXPECT_EQ(Control(session, MakeAdd(1, "a", "f")), "OK");
  EXPECT_EQ(Control(session, MakeAdd(2, "b", "f")), "68 Too many subscriptions");
  EXPECT_EQ(table().counters().controls_refused, 2u);
}

TEST_F(SubscribeTest, AGroupOfNoItemsIsAValidSubscription) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.Take();
  EXPECT_EQ(Control(session, MakeAdd(1, " ", "f")), "OK");
  EXPECT_TRUE(link.Take().starts_with("SUBOK,1,"));
}

}  // namespace
}  // namespace penstock::session
