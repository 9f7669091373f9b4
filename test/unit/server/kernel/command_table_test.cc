// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/command_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::kernel {
namespace {

constexpr FieldId kQty(2), kPrice(3);

class CommandTableTest : public testing::Test {
 protected:
  // "<command> <fields of the row as sent>", fields in the order of first use.
  std::string Apply(RowAction action, std::string_view key, std::vector<FieldValue> fields,
                    bool whole = false) {
    RowCommand command{key, action};
    command.action = table_.Normalise(command);
    if (command.action == RowAction::kNone) return "nothing";
    Row row;
    table_.Apply(command, whole, fields, &row);
    return Text(row);
  }
  static std::string Text(const Row& row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Row::Value value = row.Get(i);
      text += (i > 0 ? "|" : "") + (value.is_null ? std::string("#") : std::string(value.text));
    }
    return text;
  }
  CommandTable table_;
};

TEST_F(CommandTableTest, AnUpdateKeepsWhatItDoesNotName) {
  EXPECT_EQ(Apply(RowAction::kAdd, "k", {{kQty, "1"}, {kPrice, "5"}}), "k|ADD|1|5");
  EXPECT_EQ(Apply(RowAction::kUpdate, "k", {{kPrice, "6"}}), "k|UPDATE|1|6");
}

TEST_F(CommandTableTest, CommandsAreWhatTheyComeTo) {
  EXPECT_EQ(Apply(RowAction::kUpdate, "k", {{kQty, "1"}}), "k|ADD|1");
  EXPECT_EQ(Apply(RowAction::kAdd, "k", {{kQty, "2"}}, true), "k|UPDATE|2");
  EXPECT_EQ(Apply(RowAction::kDelete, "other", {}), "nothing");
}

TEST_F(CommandTableTest, AnAddOfAKnownKeyNullsWhatItDoesNotName) {
  Apply(RowAction::kAdd, "k", {{kQty, "1"}, {kPrice, "5"}});
  EXPECT_EQ(Apply(RowAction::kAdd, "k", {{kPrice, "6"}}, true), "k|UPDATE|#|6");
}

TEST_F(CommandTableTest, ADeleteHasKeyAndCommandOnlyAndTheRowIsGone) {
  Apply(RowAction::kAdd, "k", {{kQty, "1"}});
  EXPECT_EQ(Apply(RowAction::kDelete, "k", {{kQty, "9"}}), "k|DELETE|#");
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_EQ(Apply(RowAction::kUpdate, "k", {}), "k|ADD|#");
}

TEST_F(CommandTableTest, RowsKeepTheOrderInWhichTheyWereAdded) {
  for (const char* key : {"b", "a", "c"}) Apply(RowAction::kAdd, key, {});
  Apply(RowAction::kUpdate, "b", {{kQty, "1"}});
  Apply(RowAction::kDelete, "a", {});
  std::string keys;
  for (const CommandTable::TableRow& row : table_.rows()) keys += row.key;
  EXPECT_EQ(keys, "bc");
}

TEST_F(CommandTableTest, TellsWhichRowsANewSnapshotDoesNotName) {
  for (const char* key : {"a", "b", "c"}) Apply(RowAction::kAdd, key, {{kQty, "1"}});
  table_.BeginReplacement();
  const std::vector<FieldValue> same{{kQty, "1"}};
  const std::vector<FieldValue> other{{kQty, "2"}};
  EXPECT_TRUE(table_.Confirms({"a", RowAction::kUpdate}, same));
  EXPECT_FALSE(table_.Confirms({"b", RowAction::kUpdate}, other));
  Apply(RowAction::kUpdate, "b", other);
  EXPECT_EQ(table_.Unconfirmed(), (std::vector<std::string>{"c"}));
}

TEST(ReadRowCommand, WantsAKeyAndACommandThatMeansSomething) {
  const std::vector<FieldValue> good{{kKeyField, "k"}, {kCommandField, "ADD"}};
  const std::vector<FieldValue> lower{{kKeyField, "k"}, {kCommandField, "add"}};
  const std::vector<FieldValue> no_key{{kCommandField, "ADD"}};
  const std::vector<FieldValue> null_key{{kKeyField, "", true}, {kCommandField, "ADD"}};
  const std::vector<FieldValue> empty_key{{kKeyField, ""}, {kCommandField, "DELETE"}};
  const auto read = [](const std::vector<FieldValue>& fields) {
    return ReadRowCommand(ItemEvent{EventKind::kUpdate, false, false, fields}).has_value();
  };
  EXPECT_TRUE(read(good));
  EXPECT_TRUE(read(empty_key));
  EXPECT_FALSE(read(lower));
  EXPECT_FALSE(read(no_key));
  EXPECT_FALSE(read(null_key));
}

}  // namespace
}  // namespace penstock::kernel
