// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/item_families.h"

#include <gtest/gtest.h>

namespace penstock::adapters {
namespace {

using config::ItemMode;
using kernel::Mode;

TEST(ItemFamilies, WithoutFamiliesEveryItemHasEveryMode) {
  EXPECT_EQ(ItemFamilies({}).ModesOf("anything", "D"), kAllModes);
}

TEST(ItemFamilies, TheFirstThatMatchesDecides) {
  const ItemFamilies families({{"a1", {ItemMode::kDistinct}, ""},
                               {"a.*", {ItemMode::kMerge, ItemMode::kCommand}, ""},
                               {"a.*", {ItemMode::kRaw}, ""}});
  EXPECT_EQ(families.ModesOf("a1", "D"), ModeBit(Mode::kDistinct));
  EXPECT_EQ(families.ModesOf("a2", "D"), ModeBit(Mode::kMerge) | ModeBit(Mode::kCommand));
}

TEST(ItemFamilies, TheWholeNameHasToMatch) {
  const ItemFamilies families({{"item|stock", {ItemMode::kRaw}, ""}});
  EXPECT_EQ(families.ModesOf("item", "D"), ModeBit(Mode::kRaw));
  EXPECT_EQ(families.ModesOf("stock", "D"), ModeBit(Mode::kRaw));
  for (const char* name : {"item1", "xitem", "xstock", "stocks", "", "item\n"}) {
    EXPECT_EQ(families.ModesOf(name, "D"), 0) << name;
  }
}

TEST(ItemFamilies, AnItemOfNoFamilyAndOneOfAFamilyWithoutModesHaveNone) {
  const ItemFamilies families({{"a", {}, ""}, {".", {ItemMode::kMerge}, ""}});
  EXPECT_EQ(families.ModesOf("a", "D"), 0);
  EXPECT_EQ(families.ModesOf("bb", "D"), 0);
}

TEST(ItemFamilies, AFamilyOfADataAdapterPassesByTheItemsOfOthers) {
  const ItemFamilies families(
      {{".*", {ItemMode::kMerge}, "QUOTES"}, {".*", {ItemMode::kDistinct}, ""}});
  EXPECT_EQ(families.ModesOf("a", "QUOTES"), ModeBit(Mode::kMerge));
  EXPECT_EQ(families.ModesOf("a", "NEWS"), ModeBit(Mode::kDistinct));
}

}  // namespace
}  // namespace penstock::adapters
