// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/close_journal.h"

#include <gtest/gtest.h>

namespace penstock::adapters {
namespace {

using Policy = config::CloseNotificationsRecovery;
using Names = std::vector<std::string>;

class CloseJournalTest : public testing::Test {
 protected:
  CloseJournal::Serial Add(CloseJournal& journal, const std::string& session) {
    return journal.Add({session}, &dropped_);
  }
  static Names TakeAll(CloseJournal& journal) {
    Names names;
    for (const CloseJournal::Entry& entry : journal.TakeAll()) {
      names.push_back(entry.notice.session_id);
    }
    return names;
  }
  Names Dropped() const {
    Names names;
    for (const CloseNotice& notice : dropped_) names.push_back(notice.session_id);
    return names;
  }

  std::vector<CloseNotice> dropped_;
};

TEST_F(CloseJournalTest, PessimisticKeepsAllFromTheFirstWithoutAnswer) {
  CloseJournal journal(Policy::kPessimistic, 100);
  const auto a = Add(journal, "a");
  const auto b = Add(journal, "b");
  const auto c = Add(journal, "c");
  const auto d = Add(journal, "d");
  journal.OnAnswered(a);
  journal.OnAnswered(c);
  EXPECT_TRUE(journal.OnLost(b));
  EXPECT_TRUE(journal.OnLost(d));
  EXPECT_EQ(TakeAll(journal), (Names{"b", "c", "d"}));
  EXPECT_EQ(journal.size(), 0u);
}

TEST_F(CloseJournalTest, OptimisticKeepsAllBehindTheLastWithAnAnswer) {
  CloseJournal journal(Policy::kOptimistic, 100);
  const auto a = Add(journal, "a");
  const auto b = Add(journal, "b");
  const auto c = Add(journal, "c");
  journal.OnAnswered(b);
  EXPECT_FALSE(journal.OnLost(a));
  EXPECT_TRUE(journal.OnLost(c));
  EXPECT_EQ(TakeAll(journal), Names{"c"});
}

TEST_F(CloseJournalTest, UnneededKeepsNothing) {
  CloseJournal journal(Policy::kUnneeded, 100);
  EXPECT_FALSE(journal.OnLost(Add(journal, "a")));
  EXPECT_EQ(TakeAll(journal), Names{});
}

TEST_F(CloseJournalTest, WhatHasAllAnswersIsForgotten) {
  CloseJournal journal(Policy::kPessimistic, 100);
  const auto a = Add(journal, "a");
  const auto b = Add(journal, "b");
  journal.OnAnswered(b);
  EXPECT_EQ(journal.size(), 2u);
  journal.OnAnswered(a);
  EXPECT_EQ(journal.size(), 0u);
}

TEST_F(CloseJournalTest, SerialsGoOnBehindATakeAll) {
  CloseJournal journal(Policy::kPessimistic, 100);
  const auto a = Add(journal, "a");
  TakeAll(journal);
  const auto b = Add(journal, "b");
  journal.OnAnswered(a);
  EXPECT_EQ(journal.size(), 1u);
  journal.OnAnswered(b);
  EXPECT_EQ(journal.size(), 0u);
}

TEST_F(CloseJournalTest, TheOldestIsDroppedWhenTooManyWait) {
  CloseJournal journal(Policy::kPessimistic, 2);
  for (const char* const name : {"a", "b", "c"}) journal.OnLost(Add(journal, name));
  EXPECT_EQ(Dropped(), Names{"a"});
  EXPECT_EQ(TakeAll(journal), (Names{"b", "c"}));
}

TEST_F(CloseJournalTest, ACallThatIsUnderWayIsForgottenButNotDropped) {
  CloseJournal journal(Policy::kPessimistic, 1);
  const auto a = Add(journal, "a");
  const auto b = Add(journal, "b");
  EXPECT_EQ(Dropped(), Names{});
  EXPECT_FALSE(journal.OnLost(a));
  EXPECT_TRUE(journal.OnLost(b));
}

TEST_F(CloseJournalTest, WhatIsKeptIsBoundedInBytesToo) {
  CloseJournal journal(Policy::kPessimistic, 1'000'000);
  const std::string long_name(CloseJournal::kMaxBytes / 3, 'x');
  for (int i = 0; i < 4; ++i) journal.OnLost(Add(journal, long_name));
  EXPECT_EQ(dropped_.size(), 2u);
  EXPECT_EQ(journal.size(), 2u);
}

}  // namespace
}  // namespace penstock::adapters
