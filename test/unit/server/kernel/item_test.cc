// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/fake_data_source.h"

namespace penstock::kernel {
namespace {

constexpr FieldId kF(2), kG(3);
using Fields = std::vector<FieldValue>;
using Log = std::vector<std::string>;

// An item whose publications are written down as "<mode> <kind or fields>".
class ItemTest : public testing::Test, public ItemPublisher {
 protected:
  void Publish(const Item& /*item*/, Mode mode, const ItemEvent& event) override {
    static constexpr const char* kModes[] = {"RAW", "MERGE", "DISTINCT", "COMMAND"};
    log_.push_back(std::string(kModes[static_cast<int>(mode)]) + " " + Text(event));
  }
  static std::string Text(const ItemEvent& event) {
    switch (event.kind) {
      case EventKind::kEndOfSnapshot:
        return "EOS";
      case EventKind::kClearSnapshot:
        return "CLEAR";
      case EventKind::kSourceLost:
        return "LOST";
      case EventKind::kSourceResumed:
        return "RESUMED";
      case EventKind::kDiffOrder:
        return "DIFFS";
      case EventKind::kUpdate:
        break;
    }
    std::string text = event.is_snapshot ? "snapshot" : "update";
    for (const FieldValue& value : event.fields) {
      text += ' ' + (value.is_null ? std::string("#") : std::string(value.text));
    }
    return text;
  }
  bool Admit(View view, const ItemTraits& traits) {
    return item_.Admit({0, ++locals_, 1}, view, traits);
  }
  Applied Update(const Fields& fields, bool snapshot = false) {
    return item_.Apply({EventKind::kUpdate, snapshot, false, fields}, now_, *this);
  }
  void Say(EventKind kind, bool replaces = false) {
    item_.Apply({kind, false, replaces, {}}, now_, *this);
  }
  Applied Row(const char* command, const char* key, const char* value, bool snapshot = false) {
    return Update({{kKeyField, key}, {kCommandField, command}, {kF, value}}, snapshot);
  }
  Log Take() { return std::exchange(log_, {}); }
  // Of what was published, that to RAW subscribers.
  Log TakeRaw() {
    Log raw = Take();
    std::erase_if(raw, [](const std::string& line) { return !line.starts_with("RAW"); });
    return raw;
  }
  std::vector<std::string> State(Mode mode) const {
    std::vector<std::string> events;
    item_.WriteState(mode, [&](const ItemEvent& event) { events.push_back(Text(event)); });
    return events;
  }

  test::FakeDataSource source_;
  Item item_{source_, "x"};
  std::uint32_t locals_ = 0;
  TimePoint now_{Millis(1000)};
  Log log_;
};

TEST_F(ItemTest, TheFirstModeKeepsTheOthersOutButNotRaw) {
  EXPECT_TRUE(Admit(View::kMerge, {}));
  EXPECT_FALSE(Admit(View::kDistinct, {}));
  EXPECT_FALSE(Admit(View::kCommand, {}));
  EXPECT_TRUE(Admit(View::kRaw, {}));
  EXPECT_TRUE(Admit(View::kMerge, {}));
  EXPECT_EQ(item_.mode(), Mode::kMerge);
}

TEST_F(ItemTest, AnotherModeMayComeWhenTheLastOfTheFirstHasGone) {
  Admit(View::kMerge, {});
  Admit(View::kRaw, {});
  item_.Dismiss({0, 1, 1});
  EXPECT_TRUE(Admit(View::kCommand, {}));
  EXPECT_FALSE(Admit(View::kMerge, {}));
}

TEST_F(ItemTest, WhileOnlyRawIsLeftTheRowsStay) {
  Admit(View::kCommand, {});
  Admit(View::kRaw, {});
  Row("ADD", "a", "1");
  item_.Dismiss({0, 1, 1});
  Row("UPDATE", "a", "2");
  EXPECT_TRUE(Admit(View::kCommand, {}));
  EXPECT_EQ(State(Mode::kCommand), (Log{"snapshot a UPDATE 2", "EOS"}));
}

TEST_F(ItemTest, BothCommandViewsAreOneMode) {
  EXPECT_TRUE(Admit(View::kCommand, {}));
  EXPECT_TRUE(Admit(View::kCommandUnfiltered, {}));
}

TEST_F(ItemTest, RawGetsRealTimeEventsOnly) {
  Admit(View::kRaw, {});
  Update({{kF, "1"}}, true);
  Update({{kF, "2"}});
  Say(EventKind::kEndOfSnapshot);
  Say(EventKind::kClearSnapshot);
  EXPECT_EQ(TakeRaw(), (Log{"RAW update 2"}));
}

TEST_F(ItemTest, WhileOnlyRawIsThereAMergeStateIsKept) {
  Admit(View::kRaw, {});
  Update({{kF, "1"}, {kG, "2"}}, true);
  Update({{kF, "3"}});
  Admit(View::kMerge, {});
  EXPECT_EQ(State(Mode::kMerge), (Log{"snapshot 3 2"}));
}

TEST_F(ItemTest, ADistinctSnapshotIsHeldUntilItsEnd) {
  Admit(View::kDistinct, {.distinct_snapshot_length = 2});
  for (const char* text : {"1", "2", "3"}) Update({{kF, text}}, true);
  EXPECT_EQ(Take(), Log{});
  Say(EventKind::kEndOfSnapshot);
  EXPECT_EQ(Take(), (Log{"DISTINCT snapshot 2", "DISTINCT snapshot 3", "DISTINCT EOS"}));
  Say(EventKind::kEndOfSnapshot);
  EXPECT_EQ(Take(), Log{});
}

TEST_F(ItemTest, TheFirstRealTimeEventEndsTheSnapshot) {
  Admit(View::kDistinct, {.distinct_snapshot_length = 2});
  Update({{kF, "1"}}, true);
  Update({{kF, "2"}});
  EXPECT_EQ(Take(),
            (Log{"RAW update 2", "DISTINCT snapshot 1", "DISTINCT EOS", "DISTINCT update 2"}));
  Update({{kF, "3"}}, true);  // too late to be snapshot
  EXPECT_EQ(Take(), (Log{"DISTINCT update 3"}));
  EXPECT_EQ(State(Mode::kDistinct), (Log{"snapshot 2", "snapshot 3", "EOS"}));
}

TEST_F(ItemTest, AClearEmptiesTheHistory) {
  Admit(View::kDistinct, {.distinct_snapshot_length = 5});
  Update({{kF, "1"}});
  Say(EventKind::kClearSnapshot);
  Update({{kF, "2"}});
  EXPECT_EQ(State(Mode::kDistinct), (Log{"snapshot 2", "EOS"}));
}

TEST_F(ItemTest, CommandsWithoutKeyOrCommandAreInvalidAndUnknownDeletesNothing) {
  Admit(View::kCommand, {});
  EXPECT_EQ(Update({{kF, "1"}}), Applied::kInvalid);
  EXPECT_EQ(Row("FLY", "k", "1"), Applied::kInvalid);
  EXPECT_EQ(Row("DELETE", "k", "1"), Applied::kNoChange);
  EXPECT_EQ(Row("ADD", "k", "1"), Applied::kTaken);
}

TEST_F(ItemTest, RowsThatANewSnapshotDoesNotNameAreDeletedAtItsEnd) {
  Admit(View::kCommand, {});
  Row("ADD", "a", "1", true);
  Row("ADD", "b", "2", true);
  Row("ADD", "c", "3", true);
  Say(EventKind::kEndOfSnapshot);
  Take();
  Say(EventKind::kSourceLost, true);
  EXPECT_EQ(Take(), (Log{"RAW LOST", "COMMAND LOST"}));
  Row("ADD", "a", "1", true);
  Row("ADD", "b", "9", true);
  EXPECT_EQ(Take(), (Log{"COMMAND update b ADD 9"}));
  Say(EventKind::kEndOfSnapshot);
  EXPECT_EQ(Take(), (Log{"COMMAND update c DELETE"}));
}

TEST_F(ItemTest, AnAdapterThatGoesOnWhereItWasReplacesNothing) {
  Admit(View::kCommand, {});
  Row("ADD", "a", "1", true);
  Row("ADD", "b", "2", true);
  Say(EventKind::kEndOfSnapshot);
  Say(EventKind::kSourceLost, true);
  Take();
  Say(EventKind::kSourceResumed);
  Row("UPDATE", "b", "9");
  EXPECT_EQ(TakeRaw(), (Log{"RAW update b UPDATE 9"}));
  Say(EventKind::kEndOfSnapshot);
  EXPECT_EQ(State(Mode::kCommand), (Log{"snapshot a ADD 1", "snapshot b UPDATE 9", "EOS"}));
}

TEST_F(ItemTest, WhereTheOperatorLeavesAHoleALossChangesNoRow) {
  Admit(View::kCommand, {});
  Row("ADD", "a", "1");
  Take();
  Say(EventKind::kSourceLost, false);
  Row("UPDATE", "b", "2");
  EXPECT_EQ(State(Mode::kCommand), (Log{"snapshot a ADD 1", "snapshot b ADD 2", "EOS"}));
}

TEST_F(ItemTest, ALossEndsASnapshotThatIsUnderWay) {
  Admit(View::kDistinct, {.distinct_snapshot_length = 5});
  Update({{kF, "1"}}, true);
  Say(EventKind::kSourceLost, true);
  EXPECT_EQ(Take(), (Log{"DISTINCT snapshot 1", "DISTINCT EOS", "RAW LOST", "DISTINCT LOST"}));
}

TEST_F(ItemTest, ThePrefilterMergesWhatComesTooSoon) {
  Admit(View::kMerge, {.min_source_frequency = 10});
  EXPECT_EQ(Update({{kF, "1"}, {kG, "1"}}), Applied::kTaken);
  EXPECT_EQ(Update({{kF, "2"}}), Applied::kPrefiltered);
  EXPECT_EQ(Update({{kF, "3"}}), Applied::kPrefiltered);
  Take();
  item_.Release(now_ + Millis(99), *this);
  EXPECT_EQ(Take(), Log{});
  item_.Release(now_ + Millis(100), *this);
  EXPECT_EQ(Take(), (Log{"MERGE update 3"}));
  EXPECT_EQ(item_.release_at(), TimePoint::max());
}

TEST_F(ItemTest, ThePrefilterOfDistinctKeepsTheNewest) {
  Admit(View::kDistinct, {.distinct_snapshot_length = 5, .min_source_frequency = 10});
  for (const char* text : {"1", "2", "3"}) Update({{kF, text}});
  item_.Release(now_ + Millis(100), *this);
  EXPECT_EQ(State(Mode::kDistinct), (Log{"snapshot 1", "snapshot 3", "EOS"}));
}

TEST_F(ItemTest, TheFirstDeclarationHoldsAndOnlyBeforeTheFieldIsUsed) {
  Admit(View::kMerge, {});
  const Fields first{{kF, "J"}};
  const Fields second{{kF, "M"}, {kG, "M"}};
  item_.Apply({EventKind::kDiffOrder, false, false, first}, now_, *this);
  Update({{kF, "1"}, {kG, "1"}});
  item_.Apply({EventKind::kDiffOrder, false, false, second}, now_, *this);
  EXPECT_EQ(Take(), (Log{"RAW DIFFS", "MERGE DIFFS", "RAW update 1 1", "MERGE update 1 1"}));
  Say(EventKind::kSourceLost, true);  // another remote adapter declares anew
  item_.Apply({EventKind::kDiffOrder, false, false, second}, now_, *this);
  EXPECT_EQ(Take(), (Log{"RAW LOST", "MERGE LOST", "RAW DIFFS", "MERGE DIFFS"}));
}

}  // namespace
}  // namespace penstock::kernel
