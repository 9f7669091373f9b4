// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What bandwidth limits and slow clients come to, in corners (server/session/throttle.cc).

#include "support/session_fixture.h"

namespace penstock::session {
namespace {

class ThrottleTest : public test::SessionFixture {
 protected:
  void SendLong(char fill, std::size_t bytes = 4000) {
    Send("a", {{"f", std::string(bytes, fill)}});
  }
};

TEST_F(ThrottleTest, WhatWasPaidForInAQuietTimeHoldsNothingUp) {
  metadata_.open_grant.max_bandwidth_kbps = 80;  // 10,000 bytes a second
  test::FakeLink link;
  Control(OpenBound(link), MakeAdd(1, "a", "f"));
  Advance(Millis(1000));
  link.Take();
  for (const char fill : {'a', 'b', 'c'}) {  // each is more than what may be saved up
    SendLong(fill);
    EXPECT_GT(link.Take().size(), 4000u) << fill;
    Advance(Millis(1000));
  }
}

TEST_F(ThrottleTest, ABindOnTheSameLinkPaysWhatWasSent) {
  metadata_.open_grant.max_bandwidth_kbps = 8;  // 1,000 bytes a second
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  Advance(Millis(1000));
  SendLong('a');
  link.Take();
  Bind(session, link);
  link.Take();
  SendLong('b');
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(5000));
  EXPECT_GT(link.Take().size(), 4000u);
}

TEST_F(ThrottleTest, AnAbsurdLimitIsNone) {
  metadata_.open_grant.max_bandwidth_kbps = 1e306;
  test::FakeLink link;
  Control(OpenBound(link), MakeAdd(1, "a", "f"));
  link.Take();
  for (const char fill : {'a', 'b', 'c'}) {
    SendLong(fill);
    EXPECT_GT(link.Take().size(), 4000u) << fill;
  }
}

// What is told is what is in force.
TEST_F(ThrottleTest, ALimitOfNextToNothingIsToldAsItHolds) {
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  link.Take();
  Control(session, tlcp::Constrain{tlcp::Bandwidth{1e-9}});
  EXPECT_EQ(link.Take(), "CONS,0.1");
  Advance(Millis(1500));  // the answer is paid for
  Send("a", {{"f", std::string(100, 'a')}});
  EXPECT_NE(link.Take(), "");
  Send("a", {{"f", "b"}});
  Advance(Millis(7000));  // 12.5 bytes a second
  EXPECT_EQ(link.Take().find("U,"), std::string::npos);
  Advance(Millis(4000));
  EXPECT_EQ(link.Take(), "U,1,1,b");
}

TEST_F(ThrottleTest, AnswersHoldUpdatesUpForASecondAtTheMost) {
  metadata_.open_grant.max_bandwidth_kbps = 8;
  test::FakeLink link;
  Session* const session = OpenBound(link);
  Control(session, MakeAdd(1, "a", "f"));
  Advance(Millis(1000));
  link.bytes += 100'000;  // a hundred seconds' worth
  Send("a", {{"f", "1"}});
  link.Take();
  Send("a", {{"f", "2"}});
  EXPECT_EQ(link.Take(), "");
  Advance(Millis(1100));
  EXPECT_EQ(link.Take(), "U,1,1,2");
}

class SlowClientTest : public ThrottleTest {
 protected:
  // A session whose link takes nothing more.
  Session* Block(test::FakeLink& link) {
    options_.slow_client_timeout = Millis(2000);
    options_.keepalive = Millis(100'000);
    Session* const session = OpenBound(link);
    Control(session, MakeAdd(1, "a", "f"));
    link.fills = true;
    SendLong('a');
    link.Take();
    return session;
  }
};

TEST_F(SlowClientTest, IsEndedWhenItTakesNothing) {
  test::FakeLink link;
  const std::string id = Block(link)->id();
  Advance(Millis(1900));
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(200));
  EXPECT_EQ(table().Find(id), nullptr);
  EXPECT_NE(link.Take().find("took nothing for 2000 ms"), std::string::npos);
}

TEST_F(SlowClientTest, IsNotEndedWhileItTakesSomething) {
  test::FakeLink link;
  const std::string id = Block(link)->id();
  for (int i = 0; i < 5; ++i) {
    Advance(Millis(1500));
    link.sent_bytes += 10;
  }
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(4100));
  EXPECT_EQ(table().Find(id), nullptr);
}

TEST_F(SlowClientTest, IsNotBlamedForATimeInWhichTheServerStoodStill) {
  test::FakeLink link;
  const std::string id = Block(link)->id();
  clock_.Advance(Millis(60'000));
  Turn();
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(2100));
  EXPECT_EQ(table().Find(id), nullptr);
}

TEST_F(SlowClientTest, IsEndedWhenItPollsAndTakesNothing) {
  options_.slow_client_timeout = Millis(2000);
  test::FakeLink link;
  Session* const session = Open();
  const std::string id = session->id();
  tlcp::LinkOptions poll;
  poll.polling = tlcp::LinkOptions::Polling{.idle = Millis(30'000)};
  link.is_writable = false;  // an answer from before stands in the way
  Bind(session, link, poll);
  Advance(Millis(1900));
  EXPECT_NE(table().Find(id), nullptr);
  Advance(Millis(200));
  EXPECT_EQ(table().Find(id), nullptr);
}

}  // namespace
}  // namespace penstock::session
