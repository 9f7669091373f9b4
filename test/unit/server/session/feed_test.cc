// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What goes from an adapter's events to a client's lines, where it went wrong.

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

using kernel::EventKind;
using kernel::ItemEvent;

class FeedTest : public test::SessionFixture {
 protected:
  static tlcp::Add Wish(tlcp::Mode mode, std::string schema) {
    tlcp::Add add = MakeAdd(1, "a", std::move(schema));
    add.mode = mode;
    return add;
  }
  void RouteNow(const std::string& field, const std::string& value, bool snapshot = false) {
    const kernel::FieldValue values[] = {{*router_->field_names().Intern(field), value}};
    router_->Route(source_.Find("a"), ItemEvent{EventKind::kUpdate, snapshot, false, values});
  }
  void RouteNow(EventKind kind) {
    ItemEvent event;
    event.kind = kind;
    router_->Route(source_.Find("a"), event);
  }
  void Say(EventKind kind) {
    shard_.Post([this, kind] { RouteNow(kind); });
    Turn();
  }
  void Declare(const std::string& field, const std::string& letters) {
    shard_.Post([=, this] {
      const kernel::FieldValue values[] = {{*router_->field_names().Intern(field), letters}};
      router_->Route(source_.Find("a"), ItemEvent{EventKind::kDiffOrder, false, false, values});
    });
    Turn();
  }
  static std::size_t Count(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++count;
    }
    return count;
  }
  static std::string Json(const std::string& value) {
    return R"({"fixed":"----------------------------------------------------","v":")" + value +
           "\"}";
  }
};

TEST_F(FeedTest, ASnapshotAndABurstInOneTurnLoseNothing) {
  metadata_.item_limits["a"].distinct_snapshot_length = 10;
  test::FakeLink link;
  Control(OpenBound(link), Wish(tlcp::Mode::kDistinct, "f"));
  link.Take();
  shard_.Post([&] {
    for (int i = 0; i < 3; ++i) RouteNow("f", "s" + std::to_string(i), true);
    RouteNow(EventKind::kEndOfSnapshot);
    for (int i = 0; i < 40; ++i) RouteNow("f", "u" + std::to_string(i));
  });
  Turn();
  Turn();
  const std::string text = link.Take();
  EXPECT_EQ(Count(text, "U,1,1,s"), 3u) << text;
  EXPECT_EQ(Count(text, "U,1,1,u"), 40u) << text;
}

TEST_F(FeedTest, ACommandSubscriberWithoutSnapshotIsNotToldOfLossesThatAreNone) {
  test::FakeLink link;
  tlcp::Add add = Wish(tlcp::Mode::kCommand, "key command f");
  add.snapshot.wanted = false;
  Control(OpenBound(link), add);
  link.Take();
  shard_.Post([&] {
    const kernel::FieldId f = *router_->field_names().Intern("f");
    RouteNow(EventKind::kEndOfSnapshot);
    for (int i = 0; i < 40; ++i) {
      const std::string key = "k" + std::to_string(i);
      const kernel::FieldValue values[] = {
          {kernel::kKeyField, key}, {kernel::kCommandField, "ADD"}, {f, "1"}};
      router_->Route(source_.Find("a"), ItemEvent{EventKind::kUpdate, false, false, values});
    }
  });
  Turn();
  Turn();
  const std::string text = link.Take();
  EXPECT_EQ(Count(text, "OV,"), 0u) << text;
  EXPECT_EQ(Count(text, "CS,"), 0u) << text;
  EXPECT_EQ(Count(text, "U,1,1,"), 40u) << text;
}

TEST_F(FeedTest, AChangeOutsideTheSchemaDoesNotEndAPoll) {
  test::FakeLink first, second;
  Session* const session = OpenBound(first);
  Control(session, MakeAdd(1, "a", "f"));
  Send("a", {{"f", "1"}, {"g", "1"}}, true);
  tlcp::LinkOptions options;
  options.polling = tlcp::LinkOptions::Polling{Millis(0), Millis(3000)};
  Bind(session, second, options);
  EXPECT_EQ(second.Take(), "");
  Send("a", {{"g", "2"}});
  EXPECT_EQ(second.Take(), "");
  EXPECT_FALSE(second.finished);
}

TEST_F(FeedTest, ALateDeclarationNeverPutsATlcpDiffOnAPatchedValue) {
  options_.diffs.default_order = DiffOrder::FromLetters("J");
  test::FakeLink link;
  Control(OpenBound(link), Wish(tlcp::Mode::kDistinct, "f"));
  Say(EventKind::kEndOfSnapshot);
  Send("a", {{"f", Json("a")}});
  Send("a", {{"f", Json("b")}});
  EXPECT_NE(link.Take().find("^P"), std::string::npos);
  Declare("f", "M");  // too late: the field is in use
  Send("a", {{"f", Json("c")}});
  EXPECT_EQ(link.Take().find("^T"), std::string::npos);
}

TEST_F(FeedTest, ANewAdaptersDeclarationNeverPutsATlcpDiffOnAPatchedValue) {
  options_.diffs.default_order = DiffOrder::FromLetters("J");
  test::FakeLink link;
  Control(OpenBound(link), MakeAdd(1, "a", "f"));
  Send("a", {{"f", Json("a")}});
  Send("a", {{"f", Json("b")}});
  EXPECT_NE(link.Take().find("^P"), std::string::npos);
  Say(EventKind::kSourceLost);  // nothing was declared so far
  Declare("f", "M");
  Send("a", {{"f", Json("c")}});
  EXPECT_EQ(link.Take().find("^T"), std::string::npos);
}

TEST_F(FeedTest, ANewAdaptersDeclarationTakesThePlaceOfTheOldOne) {
  test::FakeLink link;
  Control(OpenBound(link), MakeAdd(1, "a", "f"));
  Declare("f", "J");
  Send("a", {{"f", Json("a")}});
  Send("a", {{"f", Json("b")}});
  EXPECT_NE(link.Take().find("^P"), std::string::npos);
  Say(EventKind::kSourceLost);
  Declare("f", "");  // as many declarations as before: never a difference
  Send("a", {{"f", Json("c")}});
  Send("a", {{"f", Json("d")}});
  EXPECT_EQ(link.Take().find("^P"), std::string::npos);
}

TEST_F(FeedTest, DifferencesOfTheLogAndOfTheStateAreNotMixedUp) {
  const auto value = [](int generation) {
    return std::string(60, '-') + "generation" + std::to_string(generation);
  };
  test::FakeLink every, latest;
  Session* const slow = OpenBound(every);
  tlcp::Add unfiltered = MakeAdd(1, "a", "f");
  unfiltered.max_frequency = tlcp::Frequency::Unfiltered();
  Control(slow, unfiltered);
  Control(OpenBound(latest), MakeAdd(1, "a", "f g"));
  Declare("f", "M");
  Send("a", {{"f", value(1)}, {"g", "1"}});
  every.is_writable = false;
  Send("a", {{"f", value(2)}});
  Send("a", {{"g", "3"}});
  every.is_writable = true;
  shard_.Post([&] { slow->OnLinkWritable(); });
  Turn();
  const auto send = [&](int generation) {
    const bool of_f = generation == 256 || generation == 512;
    Send("a", {{of_f ? "f" : "g", of_f ? value(generation) : std::to_string(generation)}});
  };
  for (int i = 4; i < 512; ++i) send(i);
  latest.Take();
  send(512);
  EXPECT_NE(latest.Take().find("512"), std::string::npos);
}

TEST_F(FeedTest, AClearReachesClientsThoughThePrefilterHeldTheNulls) {
  metadata_.item_limits["a"].min_source_frequency = 1;
  test::FakeLink link;
  Control(OpenBound(link), MakeAdd(1, "a", "f"));
  Send("a", {{"f", "1"}});
  EXPECT_TRUE(link.Take().ends_with("U,1,1,1"));
  Send("a", {{"f", "#"}});  // held for a second
  Say(EventKind::kClearSnapshot);
  Advance(Millis(2000));
  EXPECT_EQ(link.Take(), "U,1,1,#");
}

TEST_F(FeedTest, ACommandSubscriberBesideRawGetsTheRows) {
  metadata_.item_limits["a"].kept_mode = kernel::Mode::kCommand;
  test::FakeLink raw, link;
  Control(OpenBound(raw), Wish(tlcp::Mode::kRaw, "key command f"));
  const auto speak = [&] {
    Send("a", {{"key", "k"}, {"command", "ADD"}, {"f", "1"}}, true);
    Say(EventKind::kEndOfSnapshot);
  };
  speak();
  const kernel::ItemRef before = source_.Find("a");
  Control(OpenBound(link), Wish(tlcp::Mode::kCommand, "key command f"));
  if (source_.Find("a") != before) speak();  // the item was subscribed anew
  EXPECT_TRUE(link.Take().ends_with("U,1,1,k|ADD|1 | EOS,1,1"));
}

TEST_F(FeedTest, AnItemLingersForRawSubscribersToo) {
  options_.item_linger = Millis(5000);
  for (int i = 0; i < 2; ++i) {
    test::FakeLink link;
    Session* const session = OpenBound(link);
    Control(session, Wish(tlcp::Mode::kRaw, "f"));
    Control(session, tlcp::Destroy());
  }
  EXPECT_EQ(source_.log(), (std::vector<std::string>{"SUB a"}));
}

TEST_F(FeedTest, AnItemThatLingersKeepsItsHistoryThroughThePrefilter) {
  options_.item_linger = Millis(5000);
  metadata_.item_limits["a"] = {.distinct_snapshot_length = 10, .min_source_frequency = 10};
  test::FakeLink first, second;
  Session* const session = OpenBound(first);
  Control(session, Wish(tlcp::Mode::kDistinct, "f"));
  Say(EventKind::kEndOfSnapshot);
  Send("a", {{"f", "1"}});
  Send("a", {{"f", "2"}});  // held
  Control(session, tlcp::Destroy());
  for (const char* value : {"3", "4", "5"}) {
    Advance(Millis(1000));
    Send("a", {{"f", value}});
  }
  Advance(Millis(1000));
  Control(OpenBound(second), Wish(tlcp::Mode::kDistinct, "f"));
  EXPECT_TRUE(second.Take().ends_with("U,1,1,3 | U,1,1,4 | U,1,1,5 | EOS,1,1"));
}

}  // namespace
}  // namespace penstock::session
