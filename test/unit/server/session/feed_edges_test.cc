// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What the feeds say when several things meet: losses, clears, frequency and small responses.

#include <algorithm>

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class FeedEdgesTest : public test::SessionFixture {
 protected:
  // An event without values from the Data Adapter.
  void Say(const std::string& item, kernel::EventKind kind, bool replaces_state = false) {
    const kernel::ItemRef ref = source_.Find(item);
    shard_.Post([=, this] { router_->Route(ref, {kind, false, replaces_state, {}}); });
    Turn();
  }
  void Declare(const std::string& item, const std::string& field, std::string letters) {
    const kernel::ItemRef ref = source_.Find(item);
    shard_.Post([=, this] {
      const std::vector<kernel::FieldValue> values{
          {*router_->field_names().Intern(field), letters}};
      router_->Route(ref, {kernel::EventKind::kDiffOrder, false, false, values});
    });
    Turn();
  }
  void Resume(Session* session, test::FakeLink& link) {
    link.is_writable = true;
    shard_.Post([session] { session->OnLinkWritable(); });
    Turn();
  }
  static tlcp::Add MakeAddOf(tlcp::Mode mode, int id, std::string group, std::string schema) {
    tlcp::Add add = MakeAdd(id, std::move(group), std::move(schema));
    add.mode = mode;
    return add;
  }
};

TEST_F(FeedEdgesTest, WhatIsLostOfASnapshotIsNotToldAsLost) {
  options_.max_buffer_size = 3;
  metadata_.item_limits["a"].distinct_snapshot_length = 3;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAddOf(tlcp::Mode::kDistinct, 1, "a", "f");
  add.max_frequency = tlcp::Frequency::Unfiltered();
  Control(session, add);
  link.Take();
  link.is_writable = false;
  for (const char* value : {"s1", "s2", "s3"}) Send("a", {{"f", value}}, true);
  for (const char* value : {"1", "2", "3", "4"}) Send("a", {{"f", value}});
  Resume(session, link);
  EXPECT_EQ(link.Take(), "OV,1,1,1 | EOS,1,1 | U,1,1,2 | U,1,1,3 | U,1,1,4");
  EXPECT_EQ(table().pump().counters().lost, 1u);
}

TEST_F(FeedEdgesTest, AClearAmongWhatIsLostIsToldThoughAnotherFollows) {
  test::FakeLink slow;
  test::FakeLink other;
  Session* const session = OpenBound(slow);
  tlcp::Add add = MakeAddOf(tlcp::Mode::kDistinct, 1, "a", "f");
  Control(OpenBound(other), add);
  add.buffer_size = tlcp::BufferSize{1};
  Control(session, add);
  Send("a", {{"f", "1"}});
  slow.Take();
  slow.is_writable = other.is_writable = false;
  Send("a", {{"f", "2"}});
  Say("a", kernel::EventKind::kClearSnapshot);
  Send("a", {{"f", "3"}});
  Send("a", {{"f", "4"}});
  Say("a", kernel::EventKind::kClearSnapshot);
  Resume(session, slow);
  EXPECT_EQ(slow.Take(), "CS,1,1 | U,1,1,4 | CS,1,1");
}

TEST_F(FeedEdgesTest, AFieldThatIsDeclaredAfterALossStartsWithItsFullValue) {
  options_.diffs.default_order = DiffOrder::FromLetters("J");
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  const std::string text(100, 'x');
  Send("a", {{"f", R"({"k":1,"t":")" + text + "\"}"}});
  link.Take();
  Send("a", {{"f", R"({"k":2,"t":")" + text + "\"}"}});
  EXPECT_TRUE(link.Take().starts_with("U,1,1,^P"));
  Say("a", kernel::EventKind::kSourceLost, true);
  Declare("a", "f", "M");
  // The client holds a document now, to which no TLCP-diff applies.
  Send("a", {{"f", R"({"k":3,"t":")" + text + "\"}"}}, true);
  EXPECT_TRUE(link.Take().starts_with("U,1,1,{"));
}

TEST_F(FeedEdgesTest, AnotherDeclarationHoldsThoughThereAreNotMore) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  Declare("a", "f", "M");
  const std::string text(100, 'x');
  Send("a", {{"f", text + "1"}});
  link.Take();
  Send("a", {{"f", text + "2"}});
  EXPECT_TRUE(link.Take().starts_with("U,1,1,^T"));
  Say("a", kernel::EventKind::kSourceLost, true);
  Declare("a", "f", "");  // never as a difference
  Send("a", {{"f", text + "3"}}, true);
  link.Take();
  Send("a", {{"f", text + "4"}});
  EXPECT_EQ(link.Take(), "U,1,1," + text + "4");
}

TEST_F(FeedEdgesTest, ARowThatWaitsIsCountedOnceThoughAResponseIsFull) {
  options_.content_length_min = 100;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAddOf(tlcp::Mode::kCommand, 1, "a b", "key command f");
  add.max_frequency = tlcp::Frequency::Limited(1);
  Control(session, add);
  for (const char* item : {"a", "b"}) Say(item, kernel::EventKind::kEndOfSnapshot);
  Send("a", {{"key", "k"}, {"command", "ADD"}, {"f", "1"}});
  link.is_writable = false;
  Send("b", {{"key", "k"}, {"command", "ADD"}, {"f", std::string(300, 'x')}});
  Send("a", {{"key", "k"}, {"command", "UPDATE"}, {"f", "2"}});
  Say("a", kernel::EventKind::kClearSnapshot);
  test::FakeLink response;
  tlcp::LinkOptions options;
  options.content_length = 100;
  Bind(session, response, options, false);
  EXPECT_TRUE(response.finished);
  link.text.clear();
  link.is_writable = true;
  Bind(session, link);
  EXPECT_NE(link.Take().find("CS,1,1"), std::string::npos);
  EXPECT_EQ(table().pump().counters().filtered, 1u);
}

TEST_F(FeedEdgesTest, ARowThatIsPutOffNeedsNoRoom) {
  options_.content_length_min = 100;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAddOf(tlcp::Mode::kCommand, 1, "a b", "key command f");
  add.max_frequency = tlcp::Frequency::Limited(1);
  Control(session, add);
  for (const char* item : {"a", "b"}) Say(item, kernel::EventKind::kEndOfSnapshot);
  Send("a", {{"key", "k"}, {"command", "ADD"}, {"f", "1"}});
  link.is_writable = false;
  Send("b", {{"key", "k"}, {"command", "ADD"}, {"f", std::string(300, 'x')}});
  Send("a", {{"key", "k"}, {"command", "UPDATE"}, {"f", "2"}});
  test::FakeLink response;
  tlcp::LinkOptions options;
  options.content_length = 100;
  Bind(session, response, options, false);
  link.text.clear();
  link.is_writable = true;
  Bind(session, link);
  EXPECT_EQ(link.text.find("U,"), std::string::npos);
  Advance(Millis(1100));
  EXPECT_NE(link.Take().find("U,1,1,|UPDATE|2"), std::string::npos);
  EXPECT_EQ(table().pump().counters().filtered, 0u);
}

TEST_F(FeedEdgesTest, AllThatCameWithTheEndOfTheSnapshotIsSent) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAddOf(tlcp::Mode::kDistinct, 1, "a", "f"));
  link.Take();
  const kernel::ItemRef ref = source_.Find("a");
  shard_.Post([&] {
    for (int i = 0; i < 50; ++i) {
      const std::vector<kernel::FieldValue> values{{*router_->field_names().Intern("f"), "1"}};
      router_->Route(ref, {kernel::EventKind::kUpdate, false, false, values});
    }
  });
  Turn();
  EXPECT_EQ(std::count(link.text.begin(), link.text.end(), 'U'), 50);
}

TEST_F(FeedEdgesTest, AnItemThatHadNothingToSayKeepsToItsFrequency) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a", "f");
  add.max_frequency = tlcp::Frequency::Limited(3);
  Control(session, add);
  Send("a", {{"f", "1"}});
  Send("a", {{"f", "2"}});
  link.Take();
  // Its time has come, though the timer has not fired yet.
  clock_.Advance(std::chrono::microseconds(333'400));
  Send("a", {{"f", "3"}});
  Advance(Millis(1));
  EXPECT_EQ(link.Take(), "U,1,1,3");
  link.is_writable = false;
  Advance(Millis(5));
  Send("a", {{"f", "4"}});
  Resume(session, link);
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(400));
  EXPECT_EQ(link.Take(), "U,1,1,4");
}

TEST_F(FeedEdgesTest, AStateFromBeforeALossIsReplacedThoughOnlyRawSubscribersWereLeft) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f g"));
  Control(session, MakeAddOf(tlcp::Mode::kRaw, 2, "a", "f"));
  Send("a", {{"f", "1"}, {"g", "2"}}, true);
  Say("a", kernel::EventKind::kSourceLost, true);
  Control(session, tlcp::Delete{1});
  Send("a", {{"f", "3"}}, true);
  link.Take();
  Control(session, MakeAdd(3, "a", "f g"));
  EXPECT_EQ(link.Take(), "SUBOK,3,1,2 | CONF,3,unlimited,filtered | U,3,1,3|#");
}

}  // namespace
}  // namespace penstock::session
