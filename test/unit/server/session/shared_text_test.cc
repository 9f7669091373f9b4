// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/shared_text.h"

#include <gtest/gtest.h>

#include <optional>

namespace penstock::session {
namespace {

TEST(SharedText, KeepsEqualTextsOnce) {
  TextTable table;
  const SharedText one = table.Get("item1 item2");
  const SharedText two = table.Get("item1 item2");
  EXPECT_EQ(one.view(), "item1 item2");
  EXPECT_EQ(one.view().data(), two.view().data());
  EXPECT_EQ(table.size(), 1u);
}

TEST(SharedText, GoesWithItsLastHolder) {
  TextTable table;
  SharedText one = table.Get("a");
  SharedText two = one;
  one = SharedText();
  EXPECT_EQ(table.size(), 1u);
  two = table.Get("b");
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(two.view(), "b");
}

TEST(SharedText, TellsAnEmptyTextFromNone) {
  TextTable table;
  EXPECT_TRUE(table.Get(""));
  EXPECT_FALSE(SharedText());
  EXPECT_EQ(SharedText().view(), "");
}

TEST(SharedText, OutlivesItsTable) {
  std::optional<TextTable> table(std::in_place);
  const SharedText text = table->Get("who holds me stays");
  table.reset();
  EXPECT_EQ(text.view(), "who holds me stays");
}

}  // namespace
}  // namespace penstock::session
