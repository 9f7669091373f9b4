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

}  // namespace
}  // namespace penstock::session
