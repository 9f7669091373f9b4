// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/selector_conversion.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace penstock::adapters {
namespace {

using adapter::v1::Filter;
using adapter::v1::Selector;
using Comparison = Filter::Comparison;
using Values = std::map<std::string, std::string>;

Filter Is(const std::string& field, const std::string& text) {
  Filter filter;
  filter.mutable_compare()->set_field(field);
  filter.mutable_compare()->set_relation(Comparison::OPERATOR_EQUAL);
  filter.mutable_compare()->set_text(text);
  return filter;
}
Filter All(const std::vector<Filter>& filters) {
  Filter all;
  all.mutable_all();
  for (const Filter& one : filters) *all.mutable_all()->add_filters() = one;
  return all;
}
Filter Any(const std::vector<Filter>& filters) {
  Filter any;
  any.mutable_any();
  for (const Filter& one : filters) *any.mutable_any()->add_filters() = one;
  return any;
}
Filter Not(const Filter& filter) {
  Filter negation;
  *negation.mutable_negation() = filter;
  return negation;
}

std::shared_ptr<const session::Selection> Made(const Filter& filter) {
  Selector selector;
  *selector.mutable_filter() = filter;
  return ToSelection(selector);
}
bool Holds(const Filter& filter, const Values& values) {
  const auto selection = Made(filter);
  EXPECT_NE(selection, nullptr);
  if (selection == nullptr) return false;
  return selection->Holds([&](std::size_t field) {
    const auto it = values.find(selection->fields()[field]);
    return it == values.end() ? kernel::Row::Value() : kernel::Row::Value{it->second, false};
  });
}

TEST(SelectorConversion, JoinsComparisons) {
  const Filter both = All({Is("a", "1"), Is("b", "2")});
  EXPECT_TRUE(Holds(both, {{"a", "1"}, {"b", "2"}}));
  EXPECT_FALSE(Holds(both, {{"a", "1"}}));
  EXPECT_FALSE(Holds(both, {{"b", "2"}}));
  const Filter either = Any({Is("a", "1"), Is("b", "2")});
  EXPECT_TRUE(Holds(either, {{"a", "1"}}));
  EXPECT_TRUE(Holds(either, {{"b", "2"}}));
  EXPECT_FALSE(Holds(either, {{"a", "2"}, {"b", "1"}}));
}

TEST(SelectorConversion, OfNothingAllHoldsAndAnyDoesNot) {
  EXPECT_TRUE(Holds(All({}), {}));
  EXPECT_FALSE(Holds(Any({}), {}));
  EXPECT_FALSE(Holds(Not(All({})), {}));
  EXPECT_TRUE(Holds(All({Not(Any({})), Is("a", "1")}), {{"a", "1"}}));
}

// Every filter of four comparisons in three levels means the same as when it is read as it stands.
TEST(SelectorConversion, NestsAndNegates) {
  for (int shape = 0; shape < 32; ++shape) {
    const auto join = [&](int bit, Filter x, Filter y) {
      return (shape >> bit & 1) != 0 ? All({x, y}) : Any({x, y});
    };
    const auto turn = [&](int bit, const Filter& x) {
      return (shape >> bit & 1) != 0 ? Not(x) : x;
    };
    const Filter filter = turn(0, join(1, turn(2, join(3, Is("a", "1"), Is("b", "1"))),
                                       join(4, Not(Is("c", "1")), Is("d", "1"))));
    for (int bits = 0; bits < 16; ++bits) {
      const bool a = (bits & 1) != 0, b = (bits & 2) != 0, c = (bits & 4) != 0, d = (bits & 8) != 0;
      const auto joined = [&](int bit, bool x, bool y) {
        return (shape >> bit & 1) != 0 ? x && y : x || y;
      };
      const auto turned = [&](int bit, bool x) { return ((shape >> bit & 1) != 0) != x; };
      const bool wanted = turned(0, joined(1, turned(2, joined(3, a, b)), joined(4, !c, d)));
      const auto text = [](bool is) { return std::string(is ? "1" : "0"); };
      EXPECT_EQ(Holds(filter, {{"a", text(a)}, {"b", text(b)}, {"c", text(c)}, {"d", text(d)}}),
                wanted)
          << shape << " " << bits;
    }
  }
}

TEST(SelectorConversion, TakesEachOperandWithItsOperators) {
  Filter filter;
  Comparison& compare = *filter.mutable_compare();
  compare.set_field("a");
  compare.set_relation(Comparison::OPERATOR_GREATER);
  compare.set_number(9);
  EXPECT_TRUE(Holds(filter, {{"a", "10"}}));
  compare.set_text("9");
  EXPECT_FALSE(Holds(filter, {{"a", "10"}}));
  compare.clear_text();
  EXPECT_EQ(Made(filter), nullptr);  // more than null
  compare.set_relation(Comparison::OPERATOR_NOT_EQUAL);
  EXPECT_TRUE(Holds(filter, {{"a", ""}}));
  EXPECT_FALSE(Holds(filter, {}));
}

TEST(SelectorConversion, RefusesWhatMakesNoSense) {
  EXPECT_EQ(ToSelection(Selector()), nullptr);
  EXPECT_EQ(Made(Filter()), nullptr);
  EXPECT_EQ(Made(All({Is("a", "1"), Filter()})), nullptr);
  EXPECT_EQ(Made(Not(Filter())), nullptr);
  EXPECT_EQ(Made(Is("", "1")), nullptr);
  Filter filter = Is("a", "1");
  filter.mutable_compare()->set_relation(Comparison::OPERATOR_UNSPECIFIED);
  EXPECT_EQ(Made(filter), nullptr);
  filter.mutable_compare()->set_relation(static_cast<Comparison::Operator>(7));
  EXPECT_EQ(Made(filter), nullptr);
  filter.mutable_compare()->set_relation(Comparison::OPERATOR_EQUAL);
  filter.mutable_compare()->set_number(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(Made(filter), nullptr);
  filter.mutable_compare()->set_number(std::numeric_limits<double>::infinity());
  EXPECT_EQ(Made(filter), nullptr);
}

TEST(SelectorConversion, HasTheBoundsOfTheContract) {
  Filter deep = Is("a", "1");
  for (int level = 2; level <= 16; ++level) deep = Not(deep);
  EXPECT_NE(Made(deep), nullptr);
  EXPECT_EQ(Made(Not(deep)), nullptr);
  EXPECT_NE(Made(All(std::vector<Filter>(256, Is("a", "1")))), nullptr);
  EXPECT_EQ(Made(All(std::vector<Filter>(257, Is("a", "1")))), nullptr);
  EXPECT_NE(Made(All(std::vector<Filter>(1023, All({})))), nullptr);
  EXPECT_EQ(Made(All(std::vector<Filter>(1024, All({})))), nullptr);
  EXPECT_NE(Made(Is(std::string(1024, 'f'), std::string(4096, 't'))), nullptr);
  EXPECT_EQ(Made(Is(std::string(1025, 'f'), "t")), nullptr);
  EXPECT_EQ(Made(Is("f", std::string(4097, 't'))), nullptr);
}

}  // namespace
}  // namespace penstock::adapters
