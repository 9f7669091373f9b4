// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::kernel {
namespace {

void Append(EventLog& log, const std::string& text, RowAction action = RowAction::kNone) {
  Row& row = log.AppendEvent(action).row;
  row.Reset(1);
  row.Set(0, {text, false});
}

// The texts of the entries behind `position`; a clear is "-".
std::vector<std::string> Behind(const EventLog& log, Position position) {
  std::vector<std::string> texts;
  while (const EventLog::Entry* const entry = log.After(position)) {
    texts.push_back(entry->is_clear ? "-" : std::string(entry->row.Get(0).text));
    position = entry->position;
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(EventLog, GivesWhatCameBehindAnyPlace) {
  EventLog log{Position()};
  log.RaiseLimit(100);
  for (const char* text : {"a", "b", "c"}) Append(log, text);
  EXPECT_EQ(Behind(log, Position()), (Texts{"a", "b", "c"}));
  EXPECT_EQ(Behind(log, Position(2)), (Texts{"c"}));
  EXPECT_EQ(Behind(log, log.end()), Texts());
}

TEST(EventLog, AtItsLimitTheOldestGoAndTheGapIsKnown) {
  EventLog log{Position()};
  log.RaiseLimit(3);
  for (int i = 1; i <= 10; ++i) Append(log, std::to_string(i));
  EXPECT_EQ(log.size(), 3u);
  EXPECT_EQ(log.dropped(), Position(7));
  EXPECT_EQ(Behind(log, Position(2)), (Texts{"8", "9", "10"}));
}

TEST(EventLog, ClearsStandBetweenTheEventsAndHaveNoNumber) {
  EventLog log{Position()};
  log.RaiseLimit(100);
  Append(log, "a");
  log.AppendClear();
  log.AppendClear();
  Append(log, "b");
  EXPECT_EQ(log.end(), Position(2));
  EXPECT_EQ(Behind(log, Position()), (Texts{"a", "-", "-", "b"}));
  EXPECT_EQ(Behind(log, Position(1)), (Texts{"-", "-", "b"}));
  EXPECT_EQ(Behind(log, Position(1, 1)), (Texts{"-", "b"}));
  EXPECT_EQ(Behind(log, Position(1, 2)), (Texts{"b"}));
  EXPECT_EQ(log.last_clear(), Position(1, 2));
}

TEST(EventLog, KnowsWhetherAClearWasAmongWhatWasDropped) {
  EventLog log{Position()};
  log.RaiseLimit(2);
  Append(log, "a");
  log.AppendClear();
  Append(log, "b");
  EXPECT_EQ(log.dropped_clear(), Position());
  Append(log, "c");
  EXPECT_EQ(log.dropped_clear(), Position(1, 1));
}

TEST(EventLog, MakesRoomByWhatIsSupersededFirst) {
  EventLog log{Position()};
  log.RaiseLimit(8);
  for (int i = 1; i <= 8; ++i) {
    Append(log, std::to_string(i), RowAction::kUpdate);
    if (i <= 3) log.Mutable(log.end())->superseded = true;
  }
  log.MakeRoom();
  EXPECT_EQ(log.dropped(), Position());
  EXPECT_EQ(Behind(log, Position()), (Texts{"4", "5", "6", "7", "8"}));
  EXPECT_EQ(Behind(log, Position(2)), (Texts{"4", "5", "6", "7", "8"}));
  EXPECT_EQ(log.Find(Position(3)), nullptr);
  EXPECT_NE(log.Find(Position(5)), nullptr);
}

TEST(EventLog, MakesRoomByTheOldestWhereLittleIsSuperseded) {
  EventLog log{Position()};
  log.RaiseLimit(8);
  for (int i = 1; i <= 8; ++i) Append(log, std::to_string(i), RowAction::kAdd);
  log.MakeRoom();
  EXPECT_EQ(log.size(), 6u);
  EXPECT_EQ(log.dropped(), Position(2));
  EXPECT_EQ(log.dropped_structural(), 2u);
  EXPECT_EQ(log.structural(), 8u);
}

TEST(EventLog, TrimmedEntriesGiveTheirMemoryToLaterOnes) {
  EventLog log{Position()};
  log.RaiseLimit(1000);
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 10; ++i) Append(log, std::to_string(10 * round + i));
    log.TrimBefore(log.end());
    ASSERT_EQ(log.size(), 1u);
  }
  EXPECT_EQ(log.dropped(), Position(999));
  EXPECT_EQ(Behind(log, Position(999)), (Texts{"999"}));
}

TEST(EventLog, IsBoundedInBytesToo) {
  EventLog log{Position()};
  log.RaiseLimit(1000);
  log.LimitBytes(10'000);
  const std::string text(1000, 'x');
  for (int i = 0; i < 50; ++i) Append(log, text);
  EXPECT_LE(log.bytes(), 10'000u);
  EXPECT_GE(log.size(), 9u);
  EXPECT_EQ(log.dropped().event() + log.size(), 50u);
  // What is larger than the limit goes when there are two others.
  Append(log, std::string(50'000, 'y'));
  Append(log, "z");
  Append(log, "z");
  EXPECT_EQ(Behind(log, Position()), (Texts{"z", "z"}));
}

}  // namespace
}  // namespace penstock::kernel
