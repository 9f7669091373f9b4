// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/merge_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace penstock::kernel {
namespace {

constexpr FieldId kBid(1), kAsk(2), kName(3);

ItemEvent Update(const std::vector<FieldValue>& fields) {
  return {EventKind::kUpdate, false, false, fields};
}

TEST(MergeState, TellsWhichFieldsChangedSinceAnyGeneration) {
  MergeState state;
  EXPECT_TRUE(state.Apply(Update({{kBid, "1"}, {kAsk, "2"}, {kName, "x"}})));
  EXPECT_TRUE(state.Apply(Update({{kAsk, "3"}})));
  EXPECT_TRUE(state.Apply(Update({{kBid, "4"}})));
  EXPECT_EQ(state.generation(), 3u);
  EXPECT_EQ(state.slots()[state.Find(kBid)].changed, 3u);
  EXPECT_EQ(state.slots()[state.Find(kAsk)].changed, 2u);
  EXPECT_EQ(state.slots()[state.Find(kName)].changed, 1u);
}

TEST(MergeState, AnEqualValueIsNoChange) {
  MergeState state;
  state.Apply(Update({{kBid, "1"}}));
  EXPECT_FALSE(state.Apply(Update({{kBid, "1"}})));
  EXPECT_EQ(state.generation(), 1u);
}

TEST(MergeState, TellsNullFromEmpty) {
  MergeState state;
  state.Apply(Update({{kBid, ""}}));
  EXPECT_TRUE(state.Apply(Update({{kBid, "", true}})));
  EXPECT_TRUE(state.slots()[0].is_null);
  EXPECT_TRUE(state.Apply(Update({{kBid, ""}})));
  EXPECT_FALSE(state.slots()[0].is_null);
}

TEST(MergeState, TheFirstUpdateCountsEvenWithoutFields) {
  MergeState state;
  EXPECT_TRUE(state.Apply(Update({})));
  EXPECT_FALSE(state.Apply(Update({})));
}

TEST(MergeState, ReplacingMakesAbsentFieldsNull) {
  MergeState state;
  state.Apply(Update({{kBid, "1"}, {kAsk, "2"}}));
  const std::vector<FieldValue> fields{{kBid, "1"}};
  EXPECT_TRUE(state.Apply({EventKind::kUpdate, true, true, fields}));
  EXPECT_FALSE(state.slots()[state.Find(kBid)].is_null);
  EXPECT_TRUE(state.slots()[state.Find(kAsk)].is_null);
}

TEST(MergeState, ClearMakesAllNullOnce) {
  MergeState state;
  state.Apply(Update({{kBid, "1"}}));
  EXPECT_TRUE(state.Clear());
  EXPECT_FALSE(state.Clear());
  EXPECT_TRUE(state.slots()[0].is_null);
}

TEST(MergeState, TakesFieldsInAnyOrder) {
  MergeState state;
  state.Apply(Update({{kBid, "1"}, {kAsk, "2"}, {kName, "x"}}));
  state.Apply(Update({{kName, "y"}, {kBid, "5"}}));
  EXPECT_EQ(state.slots().size(), 3u);
  EXPECT_EQ(state.slots()[state.Find(kName)].value, "y");
  EXPECT_EQ(state.slots()[state.Find(kBid)].value, "5");
}

TEST(MergeState, RemembersFormerValuesWhereItIsTold) {
  MergeState state;
  state.Apply(Update({{kBid, "1"}, {kAsk, "1"}}));
  state.KeepPast(0);
  state.Apply(Update({{kAsk, "2"}}));
  state.Apply(Update({{kBid, "3"}, {kAsk, "3"}}));
  ASSERT_TRUE(state.ValueAt(0, 2).has_value());
  EXPECT_EQ(state.ValueAt(0, 2)->value.text, "1");
  EXPECT_EQ(state.ValueAt(0, 2)->changed, 1u);
  EXPECT_EQ(state.ValueAt(0, 3)->value.text, "3");
  EXPECT_FALSE(state.ValueAt(1, 2).has_value());
}

TEST(MergeState, FormerValuesAreBoundedInNumberAndBytes) {
  MergeState state;
  state.Apply(Update({{kBid, "0"}}));
  state.KeepPast(0);
  for (int i = 1; i <= 20; ++i) state.Apply(Update({{kBid, std::to_string(i)}}));
  EXPECT_FALSE(state.ValueAt(0, 4).has_value());
  EXPECT_EQ(state.ValueAt(0, 5)->value.text, "4");
  const std::string large(100'000, 'x');
  for (int i = 0; i < 5; ++i) state.Apply(Update({{kBid, large + std::to_string(i)}}));
  EXPECT_FALSE(state.ValueAt(0, 20).has_value());
  EXPECT_TRUE(state.ValueAt(0, 25).has_value());
}

TEST(MergeState, ManyFieldsAreFoundToo) {
  constexpr std::uint32_t kMany = 2000;
  MergeState state;
  std::vector<std::string> texts;
  for (std::uint32_t i = 0; i < kMany; ++i) texts.push_back(std::to_string(i));
  std::vector<FieldValue> fields;
  for (std::uint32_t i = 0; i < kMany; ++i) fields.push_back({FieldId(i), texts[i]});
  state.Apply(Update(fields));
  std::reverse(fields.begin(), fields.end());
  EXPECT_FALSE(state.Apply(Update(fields)));
  for (const std::uint32_t i : {0u, 31u, 32u, 33u, kMany - 1}) {
    EXPECT_EQ(state.slots()[static_cast<std::size_t>(state.Find(FieldId(i)))].value, texts[i]);
  }
  EXPECT_EQ(state.Find(FieldId(kMany)), -1);
}

}  // namespace
}  // namespace penstock::kernel
