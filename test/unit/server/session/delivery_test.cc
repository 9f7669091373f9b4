// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Conflation, frequency, bandwidth and fairness: what is sent when.

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class DeliveryTest : public test::SessionFixture {};

TEST_F(DeliveryTest, ASlowReaderGetsTheLatestValueOnly) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f g"));
  Send("a", {{"f", "1"}, {"g", "x"}}, true);
  link.Take();
  link.is_writable = false;
  for (int i = 2; i < 100; ++i) Send("a", {{"f", std::to_string(i)}});
  EXPECT_EQ(link.Take(), "");
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  EXPECT_EQ(link.Take(), "U,1,1,99|");
}

TEST_F(DeliveryTest, AFrequencyLimitSendsTheLatestValueAtItsTime) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a", "f");
  add.max_frequency = tlcp::Frequency::Limited(2);
  Control(session, add);
  EXPECT_NE(link.Take().find("CONF,1,2.0,filtered"), std::string::npos);
  Send("a", {{"f", "1"}}, true);
  EXPECT_EQ(link.Take(), "U,1,1,1");
  Send("a", {{"f", "2"}});
  Send("a", {{"f", "3"}});
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(600));
  EXPECT_EQ(link.Take(), "U,1,1,3");
  int updates = 0;
  for (int i = 0; i < 1000; ++i) {
    Send("a", {{"f", "v" + std::to_string(i)}});
    Advance(Millis(10));
    if (!link.Take().empty()) ++updates;
  }
  EXPECT_GE(updates, 18);
  EXPECT_LE(updates, 23);  // 10 s at 2/s, and a keepalive or two
}

TEST_F(DeliveryTest, TheMetadataAdaptersFrequencyIsAnUpperBound) {
  metadata_.max_frequency = 3;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.Take();
  Control(session, MakeAdd(1, "a", "f"));
  EXPECT_EQ(link.Take(), "SUBOK,1,1,1 | CONF,1,3.0,filtered");
  EXPECT_EQ(Control(session, tlcp::Reconf{1, tlcp::Frequency::Limited(10)}), "OK");
  EXPECT_EQ(link.Take(), "CONF,1,3.0,filtered");
  EXPECT_EQ(Control(session, tlcp::Reconf{1, tlcp::Frequency::Limited(0.5)}), "OK");
  EXPECT_EQ(link.Take(), "CONF,1,0.5,filtered");
}

TEST_F(DeliveryTest, BandwidthInForceIsTheSmallerOfBothAndIsKept) {
  metadata_.open_grant.max_bandwidth_kbps = 8;  // 1,000 bytes a second
  test::FakeLink link;
  Session* const session = OpenBound(link);
  EXPECT_NE(link.Take().find("CONS,8.0"), std::string::npos);
  EXPECT_EQ(Control(session, tlcp::Constrain{tlcp::Bandwidth{100.0}}), "OK");
  EXPECT_EQ(link.Take(), "CONS,8.0");
  Control(session, MakeAdd(1, "a", "f"));
  link.text.clear();
  for (int i = 0; i < 1000; ++i) {
    Send("a", {{"f", std::string(100, static_cast<char>('a' + i % 26))}});
    Advance(Millis(10));
  }
  EXPECT_GT(link.text.size(), 8'000u);  // 10 s
  EXPECT_LT(link.text.size(), 13'000u);
}

TEST_F(DeliveryTest, BandwidthIsCountedOnTheWire) {
  metadata_.open_grant.max_bandwidth_kbps = 8;  // 1,000 bytes a second
  test::FakeLink link;
  link.overhead = 100;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  const std::uint64_t before = link.bytes;
  for (int i = 0; i < 1000; ++i) {
    Send("a", {{"f", std::string(50, static_cast<char>('a' + i % 26))}});
    Advance(Millis(10));
  }
  EXPECT_GT(link.bytes - before, 9'500u);  // 10 s
  EXPECT_LT(link.bytes - before, 11'700u);
}

TEST_F(DeliveryTest, ItemsOfASessionAreServedEvenly) {
  metadata_.open_grant.max_bandwidth_kbps = 8;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a b c", "f"));
  for (int i = 0; i < 1100; ++i) {    // one of them changes ten times as often
    if (i == 100) link.text.clear();  // what was saved up is spent
    Send("a", {{"f", std::to_string(i) + std::string(90, 'x')}});
    if (i % 10 == 0) Send("b", {{"f", std::to_string(i) + std::string(90, 'x')}});
    if (i % 10 == 5) Send("c", {{"f", std::to_string(i) + std::string(90, 'x')}});
    Advance(Millis(10));
  }
  int count[3] = {};
  for (std::size_t at = 0; (at = link.text.find("U,1,", at)) != std::string::npos; ++at) {
    ++count[link.text[at + 4] - '1'];
  }
  EXPECT_GT(count[0], 25);
  EXPECT_NEAR(count[1], count[0], 3);
  EXPECT_NEAR(count[2], count[0], 3);
}

TEST_F(DeliveryTest, AHighBandwidthLimitIsNoReasonForLongFlushes) {
  metadata_.open_grant.max_bandwidth_kbps = 1e6;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a b c d", "f"));
  Turn();
  link.Take();
  link.is_writable = false;
  for (const char* item : {"a", "b", "c", "d"}) Send(item, {{"f", std::string(10'000, 'x')}});
  Advance(Millis(1000));
  link.is_writable = link.fills = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  const std::size_t size = link.Take().size();
  EXPECT_GT(size, 10'000u);
  EXPECT_LT(size, 26'000u);
}

TEST_F(DeliveryTest, EveryItemHasItsTurn) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "busy rare", "f"));
  link.Take();
  link.is_writable = false;
  Send("busy", {{"f", "1"}});
  Send("rare", {{"f", "r"}});
  Send("busy", {{"f", "2"}});
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  EXPECT_EQ(link.Take(), "U,1,1,2 | U,1,2,r");
}

TEST_F(DeliveryTest, ManyUpdatesOfOneTurnAreOneFlush) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  std::string group;
  for (int i = 0; i < 50; ++i) group += "i" + std::to_string(i) + " ";
  Control(session, MakeAdd(1, group, "f"));
  const int before = link.flushes;
  shard_.Post([&] {
    for (int i = 0; i < 50; ++i) {
      const std::vector<kernel::FieldValue> values{{*router_->field_names().Intern("f"), "1"}};
      router_->Route(source_.Find("i" + std::to_string(i)),
                     {kernel::EventKind::kUpdate, false, false, values});
    }
  });
  Turn();
  EXPECT_EQ(link.flushes, before + 1);
}

TEST_F(DeliveryTest, WhatDoesNotFitInOneWriteGoesInTheNextTurnWithoutWaitingForAnEvent) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  std::string group;
  for (int i = 0; i < 20; ++i) group += "i" + std::to_string(i) + " ";
  Control(session, MakeAdd(1, group, "f"));
  link.is_writable = false;
  for (int i = 0; i < 20; ++i) {
    Send("i" + std::to_string(i), {{"f", std::string(5000, 'x')}}, true);
  }
  link.Take();
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  int turns = 0;
  do {
    shard_.RunTurn(Duration::zero());
    ++turns;
  } while (table().pump().HasWork());
  EXPECT_GE(turns, 3);  // 100,000 bytes
  EXPECT_GT(link.Take().size(), 100'000u);
}

// However much is published: a session that has been told looks again by itself.
TEST_F(DeliveryTest, ASessionIsToldOfAnItemOnceUntilItHasWritten) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  link.Take();
  link.is_writable = false;
  const std::uint64_t before = table().pump().counters().marks;
  for (int i = 0; i < 50; ++i) Send("a", {{"f", std::to_string(i)}});
  EXPECT_LE(table().pump().counters().marks - before, 2u);
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  EXPECT_EQ(link.Take(), "U,1,1,49");
  Send("a", {{"f", "again"}});
  EXPECT_EQ(link.Take(), "U,1,1,again");
}

TEST_F(DeliveryTest, AnItemThatWaitsForItsTimeIsNotToldOfNews) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a", "f");
  add.max_frequency = tlcp::Frequency::Limited(2);
  Control(session, add);
  Send("a", {{"f", "1"}}, true);
  const std::uint64_t before = table().pump().counters().marks;
  for (int i = 0; i < 20; ++i) Send("a", {{"f", "v" + std::to_string(i)}});
  EXPECT_LE(table().pump().counters().marks - before, 2u);
  link.Take();
  Advance(Millis(600));
  EXPECT_EQ(link.Take(), "U,1,1,v19");
  // What comes after a change of the limit is not held back.
  Send("a", {{"f", "w"}});
  EXPECT_EQ(Control(session, tlcp::Reconf{1, tlcp::Frequency::Unlimited()}), "OK");
  EXPECT_NE(link.Take().find("U,1,1,w"), std::string::npos);
  Send("a", {{"f", "x"}});
  EXPECT_EQ(link.Take(), "U,1,1,x");
}

// A limit that is not the client's own is not shaken off by asking again and again.
TEST_F(DeliveryTest, AnotherFrequencyCountsFromTheLastUpdate) {
  options_.max_frequency = 1;
  for (const tlcp::Mode mode : {tlcp::Mode::kMerge, tlcp::Mode::kDistinct, tlcp::Mode::kCommand}) {
    test::FakeLink link;
    Session* const session = OpenBound(link);
    tlcp::Add add = MakeAdd(1, "a", "key command f", false);
    add.mode = mode;
    Control(session, add);
    const auto send = [this](const char* value) {
      Send("a", {{"key", "k"}, {"command", "UPDATE"}, {"f", value}});
    };
    send("1");
    send("2");
    EXPECT_EQ(link.Take().find("|2"), std::string::npos);
    for (int i = 0; i < 5; ++i) {
      send(std::to_string(i).c_str());
      for (const auto& wanted : {tlcp::Frequency::Limited(1), tlcp::Frequency::Unlimited()}) {
        Control(session, tlcp::Reconf{1, wanted});
        EXPECT_EQ(link.Take(), "CONF,1,1.0,filtered");
      }
    }
    // Less often: from then on; more often: as soon as it is due by that.
    Control(session, tlcp::Reconf{1, tlcp::Frequency::Limited(0.1)});
    link.Take();
    Advance(Millis(1500));
    EXPECT_EQ(link.Take(), "");
    Control(session, tlcp::Reconf{1, tlcp::Frequency::Limited(0.5)});
    EXPECT_EQ(link.Take(), "CONF,1,0.5,filtered");
    Advance(Millis(400));
    EXPECT_EQ(link.Take(), "");
    Advance(Millis(200));
    EXPECT_NE(link.Take(), "");
    Control(session, tlcp::Delete{1});
    session->Close(std::nullopt);
    Turn();
  }
}

// One row that waits does not hold back another.
TEST_F(DeliveryTest, TheRowsOfAnItemAreToldWhileOneWaits) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a", "key command f");
  add.mode = tlcp::Mode::kCommand;
  add.max_frequency = tlcp::Frequency::Limited(1);
  Control(session, add);
  Send("a", {{"key", "k"}, {"command", "ADD"}, {"f", "1"}});
  Send("a", {{"key", "k"}, {"command", "UPDATE"}, {"f", "2"}});
  Send("a", {{"key", "k"}, {"command", "UPDATE"}, {"f", "3"}});
  link.Take();
  Send("a", {{"key", "l"}, {"command", "ADD"}, {"f", "1"}});
  EXPECT_NE(link.Take().find("l|"), std::string::npos);
}

// Items of one frequency that began at different times share their writes, and keep their average.
TEST_F(DeliveryTest, ItemsOfOneFrequencyGoTogether) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  tlcp::Add add = MakeAdd(1, "a b", "f");
  add.max_frequency = tlcp::Frequency::Limited(20);
  Control(session, add);
  Send("a", {{"f", "0"}}, true);
  Advance(Millis(5));
  Send("b", {{"f", "0"}}, true);
  link.Take();
  const int before = link.flushes;
  int lines = 0;
  for (int i = 1; i <= 400; ++i) {
    Send("a", {{"f", std::to_string(i)}});
    Send("b", {{"f", std::to_string(i)}});
    Advance(Millis(5));
    const std::string text = link.Take();
    for (std::size_t at = text.find("U,1,"); at != std::string::npos;
         at = text.find("U,1,", at + 1))
      ++lines;
  }
  // In two seconds.
  EXPECT_GE(lines, 2 * 38);
  EXPECT_LE(lines, 2 * 41);
  EXPECT_LE(link.flushes - before, 42);
}

// A stranger that leaves takes nobody's place among those who listen.
TEST_F(DeliveryTest, WhoLeavesLeavesTheOthersListening) {
  constexpr int kSessions = 130;
  std::vector<std::unique_ptr<test::FakeLink>> links;
  std::vector<Session*> sessions;
  for (int i = 0; i < kSessions; ++i) {
    links.push_back(std::make_unique<test::FakeLink>());
    sessions.push_back(OpenBound(*links.back()));
    Control(sessions.back(), MakeAdd(1, "a", "f"));
  }
  // The last one waits for its link while others leave, and takes the place of one.
  links.back()->is_writable = false;
  Send("a", {{"f", "1"}});
  for (int i = 0; i < kSessions - 1; i += 2) {
    Control(sessions[static_cast<std::size_t>(i)], tlcp::Delete{1});
  }
  for (auto& link : links) link->Take();
  Send("a", {{"f", "2"}});
  links.back()->is_writable = true;
  shard_.Post([&] { sessions.back()->OnLinkWritable(); });
  Turn();
  for (int i = 0; i < kSessions; ++i) {
    const bool left = i % 2 == 0 && i < kSessions - 1;
    EXPECT_EQ(links[static_cast<std::size_t>(i)]->Take(), left ? "" : "U,1,1,2") << i;
  }
}

}  // namespace
}  // namespace penstock::session
