// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What subscriptions with a selector are told, in each mode. The selector "big" takes what has a
// `size` above 9.

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class SelectorTest : public test::SessionFixture {
 protected:
  SelectorTest() {
    auto big = std::make_shared<Selection>();
    big->StartAt(
        big->Add("size", Selection::Relation::kGreater, 9.0, Selection::kHolds, Selection::kFails));
    metadata_.selections["big"] = std::move(big);
  }
  static tlcp::Add Wish(tlcp::Mode mode, std::string schema) {
    tlcp::Add add = MakeAdd(1, "a", std::move(schema));
    add.mode = mode;
    add.snapshot.wanted = mode != tlcp::Mode::kRaw;
    add.selector = "big";
    return add;
  }
  // Subscribes, and takes what is told of that away.
  Session* Subscribe(test::FakeLink& link, const tlcp::Add& add) {
    Session* const session = OpenBound(link);
    EXPECT_EQ(Control(session, add), "OK");
    link.Take();
    return session;
  }
  void Say(kernel::EventKind kind) {
    const kernel::ItemRef ref = source_.Find("a");
    shard_.Post([=, this] { router_->Route(ref, {kind, false, false, {}}); });
    Turn();
  }
  void Row(const std::string& command, const std::string& key, const std::string& size,
           bool snapshot = false) {
    Send("a", {{"key", key}, {"command", command}, {"size", size}}, snapshot);
  }
  void Resume(Session* session, test::FakeLink& link) {
    link.is_writable = true;
    shard_.Post([session] { session->OnLinkWritable(); });
    Turn();
  }
  const PumpCounters& counters() { return table().pump().counters(); }
};

TEST_F(SelectorTest, ASelectorThatTheAdapterDoesNotKnowIsRefused) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = Wish(tlcp::Mode::kMerge, "size");
  add.selector = "other";
  EXPECT_EQ(Control(session, add), "25 Invalid selector");
}

// --- MERGE

TEST_F(SelectorTest, MergeGetsTheStatesThatItTakes) {
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kMerge, "name size note"));
  Send("a", {{"name", "n"}, {"size", "1"}, {"note", "x"}}, true);
  EXPECT_EQ(link.Take(), "");
  Send("a", {{"size", "10"}});
  EXPECT_EQ(link.Take(), "U,1,1,n|10|x");
  Send("a", {{"size", "2"}});
  Send("a", {{"note", "y"}});
  EXPECT_EQ(link.Take(), "");
  // A difference to what was sent, however much came between.
  Send("a", {{"size", "11"}});
  EXPECT_EQ(link.Take(), "U,1,1,|11|y");
  EXPECT_EQ(counters().unselected, 3u);
  EXPECT_EQ(counters().updates, 2u);
  EXPECT_EQ(counters().filtered + counters().lost + counters().unchanged, 0u);
}

TEST_F(SelectorTest, MergeComparesFieldsThatTheSchemaDoesNotShow) {
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kMerge, "name"));
  Send("a", {{"name", "n"}}, true);
  EXPECT_EQ(link.Take(), "");  // the item knows no size yet
  Send("a", {{"size", "10"}});
  EXPECT_EQ(link.Take(), "U,1,1,n");
}

TEST_F(SelectorTest, MergeLooksAtTheStateWhenItsTimeHasCome) {
  test::FakeLink link;
  tlcp::Add add = Wish(tlcp::Mode::kMerge, "size");
  add.max_frequency = tlcp::Frequency::Limited(2);
  Subscribe(link, add);
  Send("a", {{"size", "10"}}, true);
  EXPECT_EQ(link.Take(), "U,1,1,10");
  Send("a", {{"size", "11"}});
  Send("a", {{"size", "1"}});
  Advance(Millis(700));
  EXPECT_EQ(link.Take(), "");
  // It is due since then: the next one that it takes goes at once.
  Send("a", {{"size", "12"}});
  EXPECT_EQ(link.Take(), "U,1,1,12");
}

TEST_F(SelectorTest, ASnapshotThatItTakesIsThereAtOnceAndNoEvent) {
  test::FakeLink other;
  Control(OpenBound(other), MakeAdd(1, "a", "size"));
  Send("a", {{"size", "10"}}, true);
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, Wish(tlcp::Mode::kMerge, "size"));
  EXPECT_TRUE(link.Take().ends_with("U,1,1,10"));
  EXPECT_EQ(counters().unselected, 0u);
}

TEST_F(SelectorTest, UnfilteredMergeGetsEachEventThatItTakes) {
  test::FakeLink link;
  tlcp::Add add = Wish(tlcp::Mode::kMerge, "name size");
  add.max_frequency = tlcp::Frequency::Unfiltered();
  Session* const session = Subscribe(link, add);
  Send("a", {{"name", "n"}, {"size", "10"}}, true);
  EXPECT_EQ(link.Take(), "U,1,1,n|10");
  link.is_writable = false;
  for (const char* const size : {"1", "11", "2", "12", "3"}) Send("a", {{"size", size}});
  Resume(session, link);
  EXPECT_EQ(link.Take(), "U,1,1,|11 | U,1,1,|12");
  EXPECT_EQ(counters().unselected, 3u);
  EXPECT_EQ(counters().lost, 0u);
}

TEST_F(SelectorTest, ASubscriptionWithoutASelectorGetsAll) {
  test::FakeLink link, other;
  Subscribe(link, Wish(tlcp::Mode::kMerge, "size"));
  Control(OpenBound(other), MakeAdd(1, "a", "size"));
  other.Take();
  for (const char* const size : {"1", "10", "2"}) Send("a", {{"size", size}});
  EXPECT_EQ(link.Take(), "U,1,1,10");
  EXPECT_EQ(other.Take(), "U,1,1,1 | U,1,1,10 | U,1,1,2");
}

// --- DISTINCT and RAW

TEST_F(SelectorTest, DistinctGetsWhatItTakesOfTheSnapshotToo) {
  metadata_.item_limits["a"].distinct_snapshot_length = 10;
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kDistinct, "size"));
  for (const char* const size : {"1", "10", "2"}) Send("a", {{"size", size}}, true);
  Say(kernel::EventKind::kEndOfSnapshot);
  EXPECT_EQ(link.Take(), "U,1,1,10 | EOS,1,1");
  for (const char* const size : {"3", "11", "4"}) Send("a", {{"size", size}});
  EXPECT_EQ(link.Take(), "U,1,1,11");
  EXPECT_EQ(counters().unselected, 2u);  // of the snapshot no event was offered
}

TEST_F(SelectorTest, WhatItDoesNotTakeNeedsNoPlaceInTheBuffer) {
  test::FakeLink link;
  tlcp::Add add = Wish(tlcp::Mode::kDistinct, "size");
  add.buffer_size = tlcp::BufferSize{2};
  Session* const session = Subscribe(link, add);
  Say(kernel::EventKind::kEndOfSnapshot);
  link.Take();
  link.is_writable = false;
  for (const char* const size : {"10", "11", "1", "2", "12", "3", "4", "5"}) {
    Send("a", {{"size", size}});
  }
  Resume(session, link);
  EXPECT_EQ(link.Take(), "U,1,1,11 | U,1,1,12");
  EXPECT_EQ(counters().filtered, 1u);
  EXPECT_EQ(counters().unselected, 5u);
}

TEST_F(SelectorTest, RawComparesTheFieldsOfTheEventAlone) {
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kRaw, "size name"));
  Send("a", {{"size", "10"}});
  Send("a", {{"name", "n"}});
  Send("a", {{"name", "m"}, {"size", "11"}});
  EXPECT_EQ(link.Take(), "U,1,1,10|# | U,1,1,11|m");
}

TEST_F(SelectorTest, WhatTheLogDoesNotHoldAnyMoreIsLostWhateverItWas) {
  options_.max_buffer_size = 3;
  test::FakeLink link;
  Session* const session = Subscribe(link, Wish(tlcp::Mode::kRaw, "size"));
  link.is_writable = false;
  for (const char* const size : {"1", "10", "2", "11", "3", "12"}) Send("a", {{"size", size}});
  Resume(session, link);
  EXPECT_EQ(link.Take(), "OV,1,1,2 | U,1,1,11 | U,1,1,12");
}

// --- COMMAND

TEST_F(SelectorTest, CommandShowsTheTableOfTheRowsThatItTakes) {
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kCommand, "key command size"));
  Row("ADD", "k1", "1", true);
  Row("ADD", "k2", "10", true);
  Say(kernel::EventKind::kEndOfSnapshot);
  EXPECT_EQ(link.Take(), "U,1,1,k2|ADD|10 | EOS,1,1");
  Row("UPDATE", "k1", "2");
  EXPECT_EQ(link.Take(), "");
  Row("UPDATE", "k1", "11");
  EXPECT_EQ(link.Take(), "U,1,1,k1|ADD|11");
  Row("UPDATE", "k2", "12");
  EXPECT_EQ(link.Take(), "U,1,1,k2|UPDATE|12");
  Row("UPDATE", "k2", "3");
  EXPECT_EQ(link.Take(), "U,1,1,|DELETE|#");
  Row("DELETE", "k2", "#");
  EXPECT_EQ(link.Take(), "");
  Row("DELETE", "k1", "#");
  EXPECT_EQ(link.Take(), "U,1,1,k1|DELETE|#");
  Row("ADD", "k3", "1");
  Row("ADD", "k4", "13");
  EXPECT_EQ(link.Take(), "U,1,1,k4|ADD|13");
  EXPECT_EQ(counters().unselected, 3u);
}

TEST_F(SelectorTest, CommandForgetsItsRowsWithAClear) {
  test::FakeLink link;
  Subscribe(link, Wish(tlcp::Mode::kCommand, "key command size"));
  Say(kernel::EventKind::kEndOfSnapshot);
  Row("ADD", "k", "10");
  Say(kernel::EventKind::kClearSnapshot);
  link.Take();
  Row("ADD", "k", "1");
  EXPECT_EQ(link.Take(), "");
  Row("UPDATE", "k", "11");
  EXPECT_EQ(link.Take(), "U,1,1,||11");  // ADD of k, as the last line before
}

TEST_F(SelectorTest, CommandFindsItsWayAcrossWhatTheLogDoesNotHold) {
  options_.max_buffer_size = 3;
  test::FakeLink link;
  Session* const session = Subscribe(link, Wish(tlcp::Mode::kCommand, "key command size"));
  for (const char* const key : {"begins", "ceases", "stays", "never"}) {
    Row("ADD", key, *key == 'b' || *key == 'n' ? "1" : "10", true);
  }
  Say(kernel::EventKind::kEndOfSnapshot);
  link.Take();
  link.is_writable = false;
  for (int i = 0; i < 3; ++i) {
    Row("UPDATE", "begins", "1" + std::to_string(i));
    Row("UPDATE", "ceases", std::to_string(i));
    Row("UPDATE", "stays", "2" + std::to_string(i));
    Row("UPDATE", "never", "3");
  }
  Resume(session, link);
  const std::string told = link.Take();
  EXPECT_EQ(told.find("OV"), std::string::npos) << told;
  EXPECT_NE(told.find("begins|ADD|12"), std::string::npos) << told;
  EXPECT_NE(told.find("ceases|DELETE|#"), std::string::npos) << told;
  EXPECT_NE(told.find("stays|UPDATE|22"), std::string::npos) << told;
  EXPECT_EQ(told.find("never"), std::string::npos) << told;
}

TEST_F(SelectorTest, ARowThatWaitsForItsFrequencyMayCeaseBeforeItsTimeComes) {
  test::FakeLink link;
  tlcp::Add add = Wish(tlcp::Mode::kCommand, "key command size");
  add.max_frequency = tlcp::Frequency::Limited(1);
  Subscribe(link, add);
  Say(kernel::EventKind::kEndOfSnapshot);
  Row("ADD", "k", "10");
  link.Take();
  Row("UPDATE", "k", "11");
  EXPECT_EQ(link.Take(), "");
  Row("UPDATE", "k", "1");  // ADD and DELETE know no frequency
  EXPECT_EQ(link.Take(), "U,1,1,|DELETE|#");
  Advance(Millis(1500));
  EXPECT_EQ(link.Take(), "");
}

TEST_F(SelectorTest, CommandWithoutASnapshotAddsTheRowsThatChange) {
  test::FakeLink other, link;
  tlcp::Add add = Wish(tlcp::Mode::kCommand, "key command size");
  Subscribe(other, add);
  Row("ADD", "k", "10", true);
  Say(kernel::EventKind::kEndOfSnapshot);
  add.snapshot.wanted = false;
  Subscribe(link, add);
  Row("UPDATE", "k", "11");
  EXPECT_EQ(link.Take(), "U,1,1,k|ADD|11");
  Row("DELETE", "k", "#");
  EXPECT_EQ(link.Take(), "U,1,1,k|DELETE|#");
}

// --- The end

TEST_F(SelectorTest, StatisticsTellWhatTheSelectorKeptBack) {
  metadata_.open_tables = metadata_.wants_statistics = true;
  test::FakeLink link;
  Session* const session = Subscribe(link, Wish(tlcp::Mode::kRaw, "size"));
  for (const char* const size : {"1", "10", "2"}) Send("a", {{"size", size}});
  Control(session, tlcp::Delete{1});
  ASSERT_EQ(metadata_.statistics.size(), 1u);
  EXPECT_EQ(metadata_.statistics[0], (ItemStatistics{1, 0, 0, 2}));
}

}  // namespace
}  // namespace penstock::session
