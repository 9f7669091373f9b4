// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Streams, polls and what time does to them (TLCP §7).

#include <array>

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

using Polling = tlcp::LinkOptions::Polling;

class LinkTest : public test::SessionFixture {};

TEST_F(LinkTest, ASilentStreamIsProbedAtItsKeepalive) {
  test::FakeLink link;
  tlcp::LinkOptions options;
  options.keepalive = Millis(2000);
  options.send_sync = false;
  OpenBound(link, options);
  EXPECT_NE(link.Take().find(",2000,*"), std::string::npos);
  Advance(Millis(1990));
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(20));
  EXPECT_EQ(link.Take(), "PROBE");
  Advance(Millis(2010));
  EXPECT_EQ(link.Take(), "PROBE");
}

TEST_F(LinkTest, ManySilentStreamsAreProbedInOneTurn) {
  options_.keepalive_jitter_percent = 50;
  std::array<test::FakeLink, 20> links;
  tlcp::LinkOptions options;
  options.keepalive = Millis(2000);
  for (test::FakeLink& link : links) {
    OpenBound(link, options);
    link.Take();
    Advance(Millis(3));
  }
  int probes = 0;
  for (int i = 0; i < 2000; ++i) {
    Advance(Millis(1));
    for (test::FakeLink& link : links) {
      if (link.Take() != "PROBE") continue;
      ++probes;
      EXPECT_LE(clock_.Now().time_since_epoch() % Millis(50), Millis(1));
    }
  }
  EXPECT_GE(probes, 20);
}

TEST_F(LinkTest, TheKeepaliveIsGrantedWithinBounds) {
  test::FakeLink low, high;
  tlcp::LinkOptions options;
  options.keepalive = Millis(1);
  OpenBound(low, options);
  EXPECT_NE(low.Take().find(",1000,*"), std::string::npos);
  options.keepalive = Millis(1'000'000);
  OpenBound(high, options);
  EXPECT_NE(high.Take().find(",30000,*"), std::string::npos);
}

TEST_F(LinkTest, SyncCountsFromTheBindUnlessDeclined) {
  test::FakeLink link, quiet;
  OpenBound(link);
  tlcp::LinkOptions options;
  options.send_sync = false;
  OpenBound(quiet, options);
  Advance(std::chrono::seconds(41));
  const std::string text = link.Take();
  EXPECT_NE(text.find("SYNC,20"), std::string::npos) << text;
  EXPECT_NE(text.find("SYNC,40"), std::string::npos) << text;
  EXPECT_EQ(quiet.Take().find("SYNC"), std::string::npos);
}

TEST_F(LinkTest, APollWithoutIdleIsAnsweredAtOnce) {
  test::FakeLink link;
  Session* const session = Open();
  tlcp::LinkOptions options;
  options.polling = Polling{Millis(500), Millis(0)};
  Bind(session, link, options, false);
  const std::string text = link.Take();
  EXPECT_TRUE(text.starts_with("CONOK," + session->id() + ",50000,0,* | ")) << text;
  EXPECT_TRUE(text.ends_with("LOOP,500")) << text;
  EXPECT_TRUE(link.finished);
  EXPECT_FALSE(session->bound());
}

TEST_F(LinkTest, AHeldPollIsAnsweredByTheFirstUpdateOrAtItsEnd) {
  test::FakeLink first, second, third;
  Session* const session = OpenBound(first);
  Control(session, MakeAdd(1, "a", "f"));
  tlcp::LinkOptions options;
  options.polling = Polling{Millis(0), Millis(3000)};
  Bind(session, second, options);
  EXPECT_TRUE(first.abandoned);
  EXPECT_EQ(second.Take(), "");
  Advance(Millis(1000));
  Send("a", {{"f", "1"}}, true);
  EXPECT_TRUE(second.Take().ends_with("U,1,1,1 | LOOP,0"));
  Bind(session, third, options);
  Advance(Millis(2990));
  EXPECT_EQ(third.Take(), "");
  Advance(Millis(20));
  EXPECT_TRUE(third.Take().ends_with("LOOP,0"));
}

TEST_F(LinkTest, WhatHappensWhileUnboundComesWithTheNextBind) {
  test::FakeLink first, second;
  Session* const session = OpenBound(first);
  shard_.Post([&] { session->OnLinkLost(); });
  Turn();
  Control(session, MakeAdd(1, "a", "f"));
  Send("a", {{"f", "1"}}, true);
  Send("a", {{"f", "2"}});
  Bind(session, second);
  EXPECT_TRUE(second.Take().ends_with("SUBOK,1,1,1 | CONF,1,unlimited,filtered | U,1,1,2"));
}

TEST_F(LinkTest, AnUnboundSessionIsClosedAfterTheTimeout) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  const std::string id = session->id();
  shard_.Post([&] { session->OnLinkLost(); });
  Advance(Millis(12990));
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(20));
  EXPECT_EQ(table().Find(id), nullptr);
  EXPECT_EQ(metadata_.log.back(), "CLOSE");
}

TEST_F(LinkTest, APollingSessionWaitsForTheIntervalToo) {
  test::FakeLink link;
  Session* const session = Open();
  const std::string id = session->id();
  tlcp::LinkOptions options;
  options.polling = Polling{Millis(5000), Millis(0)};
  Bind(session, link, options, false);
  Advance(Millis(14'900));
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(200));
  EXPECT_EQ(table().Find(id), nullptr);
}

TEST_F(LinkTest, AStreamLoopsBeforeItsContentLengthIsExceededAndLosesNothing) {
  options_.content_length_min = 100;
  test::FakeLink first;
  Session* const session = Open();
  tlcp::LinkOptions options;
  options.content_length = 400;
  Bind(session, first, options, false);
  Control(session, MakeAdd(1, "a", "f"));
  std::size_t sent = 0;
  std::string last;
  for (int i = 0; i < 100 && !first.finished; ++i) {
    last = std::to_string(1000 + i) + std::string(20, 'x');
    Send("a", {{"f", last}}, i == 0);
    sent = first.text.size();
  }
  EXPECT_TRUE(first.finished);
  EXPECT_LE(sent, 400u);
  EXPECT_TRUE(first.Take().ends_with("LOOP,0"));
  test::FakeLink second;
  Send("a", {{"f", "after"}});
  Bind(session, second, options, false);
  EXPECT_TRUE(second.Take().ends_with("U,1,1,after"));
}

TEST_F(LinkTest, ForceRebindLoopsAndTheSessionLivesOn) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  link.Take();
  EXPECT_EQ(Control(session, tlcp::ForceRebind{std::nullopt, true}), "OK");
  EXPECT_EQ(link.Take(), "LOOP,0");
  EXPECT_TRUE(link.finished);
  EXPECT_TRUE(link.closed_socket);
  EXPECT_EQ(table().Find(session->id()), session);
  EXPECT_EQ(Control(session, tlcp::ForceRebind{}), "OK");
}

TEST_F(LinkTest, ASilentClientThatPromisedToSpeakIsAskedToRebind) {
  test::FakeLink link;
  tlcp::LinkOptions options;
  options.inactivity = Millis(3000);
  options.send_sync = false;
  Session* const session = OpenBound(link, options);
  for (int i = 0; i < 5; ++i) {
    Advance(Millis(3000));
    shard_.Post([&] { session->Touch(); });
    Turn();
  }
  EXPECT_FALSE(link.finished);
  Advance(Millis(13'100));
  EXPECT_TRUE(link.finished);
  EXPECT_TRUE(link.Take().ends_with("LOOP,0"));
}

TEST_F(LinkTest, AForcedRebindKeepsTheSessionNoLongerThanAPollMay) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  const std::string id = session->id();
  link.Take();
  EXPECT_EQ(Control(session, tlcp::ForceRebind{Millis(1'000'000'000), false}), "OK");
  EXPECT_EQ(link.Take(), "LOOP,15000");
  Advance(std::chrono::seconds(26));
  EXPECT_EQ(table().Find(id), nullptr);
}

TEST_F(LinkTest, APollThatCannotBeAnsweredDoesNotKeepTheShardBusy) {
  test::FakeLink link;
  Session* const session = Open();
  link.is_writable = false;
  tlcp::LinkOptions options;
  options.polling = Polling{Millis(0), Millis(1000)};
  Bind(session, link, options, false);
  Advance(Millis(1500));
  EXPECT_GT(shard_.wheel().NextDeadline(), clock_.Now() + Millis(100));
  EXPECT_FALSE(link.finished);
  link.is_writable = true;
  shard_.Post([&] { session->OnLinkWritable(); });
  Turn();
  EXPECT_TRUE(link.finished);
}

TEST_F(LinkTest, ABandwidthLimitHoldsForPollsToo) {
  test::FakeLink links[50];
  Session* const session = Open();
  Control(session, tlcp::Constrain{{8.0}});  // 1,000 bytes/s
  Control(session, MakeAdd(1, "a", "f"));
  tlcp::LinkOptions options;
  options.polling = Polling{Millis(0), Millis(5000)};
  std::size_t bytes = 0;
  for (int i = 0; i < 500; ++i) {
    test::FakeLink& link = links[i / 10];
    if (!session->bound()) Bind(session, link, options, false);
    Send("a", {{"f", std::to_string(1000 + i) + std::string(400, 'x')}}, i == 0);
    Advance(Millis(10));
  }
  for (const test::FakeLink& link : links) bytes += link.text.size();
  EXPECT_LE(bytes, 9'000u);  // 5 s, and what may be saved up
  EXPECT_GE(bytes, 3'000u);
}

TEST_F(LinkTest, ABindOnTheLinkThatTheSessionHasAlreadyStays) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Bind(session, link);
  EXPECT_FALSE(link.abandoned);
  EXPECT_TRUE(session->bound());
}

}  // namespace
}  // namespace penstock::session
