// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/grant_rules.h"

#include <gtest/gtest.h>

namespace penstock::adapters {
namespace {

using kernel::Mode;
using tlcp::RequestCode;

constexpr session::ItemLimits kFree;
constexpr session::ItemLimits kLimited{.max_frequency = 2};
constexpr session::ItemLimits kPrefiltered{.min_source_frequency = 2};
constexpr session::ItemLimits kBoth{.min_source_frequency = 2, .max_frequency = 2};

TEST(GrantRules, AModeThatTheItemLacksIsRefused) {
  EXPECT_EQ(RefusalOf(Mode::kRaw, false, kAllModes, kFree), std::nullopt);
  EXPECT_EQ(RefusalOf(Mode::kRaw, false, ModeBit(Mode::kMerge), kFree), RequestCode::kInvalidMode);
  EXPECT_EQ(RefusalOf(Mode::kMerge, true, 0, kLimited), RequestCode::kInvalidMode);
}

TEST(GrantRules, UnfilteredIsRefusedWhereSomethingFilters) {
  for (const Mode mode : {Mode::kMerge, Mode::kDistinct, Mode::kCommand}) {
    EXPECT_EQ(RefusalOf(mode, true, kAllModes, kFree), std::nullopt);
    EXPECT_EQ(RefusalOf(mode, true, kAllModes, kLimited), RequestCode::kUnfilteredLimited);
    EXPECT_EQ(RefusalOf(mode, true, kAllModes, kPrefiltered), RequestCode::kUnfilteredPrefiltered);
    EXPECT_EQ(RefusalOf(mode, true, kAllModes, kBoth), RequestCode::kUnfilteredLimited);
    EXPECT_EQ(RefusalOf(mode, false, kAllModes, kBoth), std::nullopt);
  }
}

TEST(GrantRules, InRawAWishForUnfilteredIsNone) {
  EXPECT_EQ(RefusalOf(Mode::kRaw, true, kAllModes, kBoth), std::nullopt);
}

}  // namespace
}  // namespace penstock::adapters
