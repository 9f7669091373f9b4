// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/recovery_log.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"

namespace penstock::session {
namespace {

using std::chrono::seconds;

// What is sent again to a client that has the first `prog` notifications.
std::string Again(RecoveryLog& log, std::uint64_t prog) {
  if (!log.Rewind(prog)) return "refused";
  std::string out;
  EXPECT_TRUE(log.Resend(SIZE_MAX, out));
  EXPECT_FALSE(log.resending());
  return out;
}

TEST(RecoveryLog, GivesBackTheSameLines) {
  RecoveryLog log(1000);
  log.AddLines("SUBOK,1,1,1\r\nCONF,1,unlimited,filtered\r\n");
  log.AddUpdate(1, 2, LineBlock("a|b\r\n"));
  log.AddUpdate(12, 345, LineBlock("c\r\n"));
  EXPECT_EQ(log.total(), 4u);
  EXPECT_EQ(Again(log, 4), "");
  EXPECT_EQ(Again(log, 3), "U,12,345,c\r\n");
  EXPECT_EQ(Again(log, 1), "CONF,1,unlimited,filtered\r\nU,1,2,a|b\r\nU,12,345,c\r\n");
  EXPECT_EQ(Again(log, 0),
            "SUBOK,1,1,1\r\nCONF,1,unlimited,filtered\r\nU,1,2,a|b\r\nU,12,345,c\r\n");
}

TEST(RecoveryLog, RefusesMoreThanThereWas) {
  RecoveryLog log(1000);
  EXPECT_EQ(Again(log, 0), "");
  EXPECT_EQ(Again(log, 1), "refused");
  log.AddLines("EOS,1,1\r\n");
  EXPECT_EQ(Again(log, 1), "");
  EXPECT_EQ(Again(log, 2), "refused");
}

TEST(RecoveryLog, SendsAgainInPieces) {
  RecoveryLog log(1000);
  log.AddLines("CS,1,1\r\nCS,1,2\r\n");
  log.AddUpdate(1, 1, LineBlock("x\r\n"));
  ASSERT_TRUE(log.Rewind(0));
  std::string out = "head";
  EXPECT_FALSE(log.Resend(12, out));
  EXPECT_EQ(out, "headCS,1,1\r\n");
  EXPECT_EQ(log.sent(), 1u);
  out.clear();
  EXPECT_FALSE(log.Resend(1, out)) << "one line always goes";
  EXPECT_EQ(out, "CS,1,2\r\n");
  out.clear();
  EXPECT_TRUE(log.Resend(1, out));
  EXPECT_EQ(out, "U,1,1,x\r\n");
}

TEST(RecoveryLog, WhatTheClientHasIsNotKept) {
  RecoveryLog log(1000);
  log.AddLines("CS,1,1\r\nCS,1,2\r\n");
  log.AddUpdate(1, 1, LineBlock("x\r\n"));
  log.Confirm();
  EXPECT_EQ(log.bytes(), 0u);
  EXPECT_EQ(Again(log, 2), "refused");
  EXPECT_EQ(Again(log, 3), "");
}

TEST(RecoveryLog, ConfirmsNoMoreThanWasSentAgain) {
  RecoveryLog log(1000);
  for (const char* text : {"a\r\n", "b\r\n", "c\r\n"}) log.AddUpdate(1, 1, LineBlock(text));
  ASSERT_TRUE(log.Rewind(0));
  std::string out;
  EXPECT_FALSE(log.Resend(1, out));
  log.Confirm();
  log.Trim();
  out.clear();
  EXPECT_TRUE(log.Resend(SIZE_MAX, out));
  EXPECT_EQ(out, "U,1,1,b\r\nU,1,1,c\r\n");
}

TEST(RecoveryLog, DropsTheOldestBeyondItsBound) {
  RecoveryLog log(200);
  for (int i = 0; i < 100; ++i) {
    log.AddUpdate(1, 1, LineBlock("0123456789\r\n"));
    log.Trim();
    EXPECT_LE(log.bytes(), 200u);
  }
  EXPECT_GT(log.dropped(), 90u);
  EXPECT_EQ(Again(log, log.dropped() - 1), "refused");
  EXPECT_NE(Again(log, log.dropped()), "refused");
}

TEST(RecoveryLog, TheLastOneStaysHoweverLong) {
  RecoveryLog log(10);
  log.AddUpdate(1, 1, LineBlock(std::string(1000, 'x')));
  log.Trim();
  EXPECT_NE(Again(log, 0), "refused");
}

TEST(RecoveryLog, WhatIsToBeSentAgainIsNotDropped) {
  RecoveryLog log(100);
  for (int i = 0; i < 10; ++i) log.AddUpdate(1, 1, LineBlock("0123456789\r\n"));
  ASSERT_TRUE(log.Rewind(1));
  log.Trim();
  std::string out;
  EXPECT_TRUE(log.Resend(SIZE_MAX, out));
  EXPECT_EQ(out.size(), 9 * std::string("U,1,1,0123456789\r\n").size());
}

TEST(RecoveryLog, ForgetsWhatIsOld) {
  test::FakeClock clock;
  RecoveryLog log(1000);
  log.Age(clock.Now(), seconds(10));
  log.AddUpdate(1, 1, LineBlock("old\r\n"));
  for (int second = 0; second < 10; ++second) {
    clock.Advance(seconds(1));
    log.Age(clock.Now(), seconds(10));
    EXPECT_NE(Again(log, 0), "refused");
  }
  log.AddUpdate(1, 1, LineBlock("new\r\n"));
  for (int second = 0; second < 20; ++second) {
    clock.Advance(seconds(1));
    log.Age(clock.Now(), seconds(10));
  }
  EXPECT_EQ(Again(log, 0), "refused");
  EXPECT_EQ(Again(log, 1), "U,1,1,new\r\n");
}

TEST(LineBlock, SharesWhatIsHeldTwice) {
  LineBlock first("text");
  const LineBlock second = first;
  EXPECT_EQ(first.bytes().data(), second.bytes().data());
  first.Assign("other");
  EXPECT_EQ(second.bytes(), "text");
  EXPECT_EQ(first.bytes(), "other");
}

TEST(LineBlock, UsesItsMemoryAgain) {
  LineBlock block("a longer text that takes some room");
  const char* const at = block.bytes().data();
  block.Assign("short");
  EXPECT_EQ(block.bytes(), "short");
  EXPECT_EQ(block.bytes().data(), at);
  block.Assign("");
  EXPECT_TRUE(block.empty());
}

TEST(LineBlock, IsOfAnySize) {
  for (const std::size_t size : {0u, 1u, 20u, 21u, 65'524u, 65'525u, 1'000'000u}) {
    LineBlock block(std::string(size, 'x'));
    EXPECT_EQ(block.size(), size);
    EXPECT_EQ(block.bytes(), std::string(size, 'x'));
  }
}

}  // namespace
}  // namespace penstock::session
