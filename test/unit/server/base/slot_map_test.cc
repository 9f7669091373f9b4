// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/slot_map.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(SlotMap, FindsNothingUnderTheKeyOfAFormerTenant) {
  SlotMap<int> map;
  const auto first = map.Insert(std::make_unique<int>(1));
  EXPECT_EQ(*map.Remove(first.slot), 1);
  const auto second = map.Insert(std::make_unique<int>(2));
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_EQ(map.Find(first.slot, first.generation), nullptr);
  EXPECT_EQ(*map.Find(second.slot, second.generation), 2);
  EXPECT_EQ(map.size(), 1u);
}

TEST(SlotMap, LetsAVisitorRemove) {
  SlotMap<int> map;
  map.Insert(std::make_unique<int>(0));
  map.Insert(std::make_unique<int>(1));
  map.ForEach([&](int& value) { map.Remove(static_cast<std::uint32_t>(value)); });
  EXPECT_EQ(map.size(), 0u);
}

}  // namespace
}  // namespace penstock
