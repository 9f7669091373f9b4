// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Whatever an adapter says, however clients read, which limits there are: what a client shows
// follows from what the item had, in order, without gaps that it is not told of, and in the end it
// is up to date. Random worlds, each from a seed. PENSTOCK_PROPERTY_SEED chooses the seed of a test
// (it is printed when a rule is broken), PENSTOCK_PROPERTY_STEPS how much is tried.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "base/log.h"
#include "base/parse_number.h"
#include "delivery/world.h"

namespace penstock {
namespace {

constexpr std::size_t kStepsOfWorld = 400;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : ParseNumber<std::uint64_t>(text).value_or(otherwise);
}

void TryWorlds(test::World::Setting setting) {
  std::uint64_t seed = FromEnvironment("PENSTOCK_PROPERTY_SEED", std::random_device()());
  const std::uint64_t steps = FromEnvironment("PENSTOCK_PROPERTY_STEPS", 4000);
  log::SetLevel(log::Area::kSession, log::Level::kWarn);
  std::uint64_t lines = 0;
  std::uint64_t again = 0;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t done = 0; done < steps; done += kStepsOfWorld) {
    setting.seed = seed;
    test::World world(setting);
    ASSERT_TRUE(world.Run(kStepsOfWorld)) << "PENSTOCK_PROPERTY_SEED=" << seed << "\n"
                                          << world.error();
    lines += world.lines();
    again += world.again();
    ++seed;
  }
  EXPECT_GT(lines, 0u);
  EXPECT_GT(again, 0u) << "no recovery brought anything";
}

TEST(DeliveryProperty, Distinct) { TryWorlds({tlcp::Mode::kDistinct, 1, true}); }
TEST(DeliveryProperty, Raw) { TryWorlds({tlcp::Mode::kRaw, 1, false}); }
TEST(DeliveryProperty, Merge) { TryWorlds({tlcp::Mode::kMerge, 1, true}); }
TEST(DeliveryProperty, Command) { TryWorlds({tlcp::Mode::kCommand, 1, true}); }

TEST(DeliveryProperty, DistinctOverTwoShards) { TryWorlds({tlcp::Mode::kDistinct, 2, false}); }
TEST(DeliveryProperty, RawOverTwoShards) { TryWorlds({tlcp::Mode::kRaw, 2, false}); }
TEST(DeliveryProperty, MergeOverTwoShards) { TryWorlds({tlcp::Mode::kMerge, 2, false}); }
TEST(DeliveryProperty, CommandOverTwoShards) { TryWorlds({tlcp::Mode::kCommand, 2, false}); }

}  // namespace
}  // namespace penstock
