// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/selection.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace penstock::session {
namespace {

using Relation = Selection::Relation;

bool Compares(std::optional<std::string> value, Relation relation, Selection::Operand operand) {
  Selection selection;
  selection.StartAt(
      selection.Add("f", relation, std::move(operand), Selection::kHolds, Selection::kFails));
  return selection.Holds([&](std::size_t) {
    return value ? kernel::Row::Value{*value, false} : kernel::Row::Value();
  });
}

TEST(Selection, ComparesTextsByTheirBytes) {
  const std::string b = "b";
  EXPECT_TRUE(Compares("b", Relation::kEqual, b));
  EXPECT_FALSE(Compares("B", Relation::kEqual, b));
  EXPECT_TRUE(Compares("B", Relation::kNotEqual, b));
  EXPECT_TRUE(Compares("a", Relation::kLess, b));
  EXPECT_FALSE(Compares("b", Relation::kLess, b));
  EXPECT_TRUE(Compares("b", Relation::kLessOrEqual, b));
  EXPECT_TRUE(Compares("\xC3\xA4", Relation::kGreater, b));
  EXPECT_TRUE(Compares("b", Relation::kGreaterOrEqual, b));
  EXPECT_TRUE(Compares("10", Relation::kLess, std::string("9")));
}

TEST(Selection, ComparesNumbersByTheirValue) {
  EXPECT_TRUE(Compares("10", Relation::kGreater, 9.0));
  EXPECT_TRUE(Compares("1e1", Relation::kEqual, 10.0));
  EXPECT_TRUE(Compares("10.0", Relation::kEqual, 10.0));
  EXPECT_TRUE(Compares("+0.5", Relation::kGreaterOrEqual, 0.5));
  EXPECT_TRUE(Compares("-3", Relation::kLess, -2.5));
  EXPECT_TRUE(Compares(".5", Relation::kLessOrEqual, 0.5));
  EXPECT_FALSE(Compares("10", Relation::kNotEqual, 10.0));
}

TEST(Selection, OfWhatIsNoNumberOnlyNotEqualHolds) {
  for (const char* const text :
       {"", " 1", "1 ", "1,000", "0x10", "nan", "inf", "-inf", "1e999", "+-1", "+", "5%"}) {
    EXPECT_TRUE(Compares(text, Relation::kNotEqual, 1.0)) << text;
    for (const Relation relation : {Relation::kEqual, Relation::kLess, Relation::kLessOrEqual,
                                    Relation::kGreater, Relation::kGreaterOrEqual}) {
      EXPECT_FALSE(Compares(text, relation, 1.0)) << text;
    }
  }
}

TEST(Selection, OfNullOnlyNotEqualHolds) {
  const std::string empty;
  EXPECT_FALSE(Compares(std::nullopt, Relation::kEqual, empty));
  EXPECT_FALSE(Compares(std::nullopt, Relation::kLessOrEqual, empty));
  EXPECT_TRUE(Compares(std::nullopt, Relation::kNotEqual, empty));
  EXPECT_FALSE(Compares(std::nullopt, Relation::kLess, 1.0));
  EXPECT_TRUE(Compares(std::nullopt, Relation::kNotEqual, 1.0));
}

TEST(Selection, TellsNullFromTheEmptyText) {
  EXPECT_TRUE(Compares(std::nullopt, Relation::kEqual, {}));
  EXPECT_FALSE(Compares("", Relation::kEqual, {}));
  EXPECT_FALSE(Compares(std::nullopt, Relation::kNotEqual, {}));
  EXPECT_TRUE(Compares("", Relation::kNotEqual, {}));
}

TEST(Selection, LooksAtEachFieldByItsNumber) {
  Selection selection;
  const auto b = selection.Add("b", Relation::kEqual, "2", Selection::kHolds, Selection::kFails);
  const auto a = selection.Add("a", Relation::kEqual, "1", b, Selection::kFails);
  selection.StartAt(selection.Add("b", Relation::kNotEqual, {}, a, Selection::kFails));
  EXPECT_EQ(selection.fields(), (std::vector<std::string>{"b", "a"}));
  const auto holds = [&](const char* of_b, const char* of_a) {
    return selection.Holds([&](std::size_t field) {
      return kernel::Row::Value{field == 0 ? of_b : of_a, false};
    });
  };
  EXPECT_TRUE(holds("2", "1"));
  EXPECT_FALSE(holds("1", "2"));
}

TEST(Selection, WithoutAComparisonHoldsOrFailsAlways) {
  Selection selection;
  const auto no_field = [](std::size_t) { return kernel::Row::Value(); };
  EXPECT_TRUE(selection.Holds(no_field));
  selection.StartAt(Selection::kFails);
  EXPECT_FALSE(selection.Holds(no_field));
}

}  // namespace
}  // namespace penstock::session
