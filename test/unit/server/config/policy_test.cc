// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// [adapter_set.policy] of a TOML file.

#include <gtest/gtest.h>

#include <string>

#include "config/loader.h"

namespace penstock::config {
namespace {

// A set with a Data Adapter; `policy` starts on line 5.
StatusOr<Settings> LoadWith(const std::string& policy) {
  return LoadString(
      "[[adapter_set]]\n[[adapter_set.data_adapter]]\nname = \"D\"\n[adapter_set.policy]\n" +
          policy,
      "p.toml");
}

Policy Load(const std::string& policy) {
  const auto settings = LoadWith(policy);
  EXPECT_TRUE(settings.ok()) << Message(settings.status());
  return settings.ok() ? settings->adapter_sets.at(0).policy : Policy();
}

std::string ErrorOf(const std::string& policy) {
  const auto settings = LoadWith(policy);
  return settings.ok() ? "" : std::string(Message(settings.status()));
}

TEST(Policy, ByDefaultThisMachineMayDoEverything) {
  const Policy policy = Load("");
  EXPECT_EQ(policy, Policy());
  EXPECT_FALSE(policy.allow_remote);
  EXPECT_FALSE(policy.allowed_users);
  EXPECT_EQ(policy.distinct_snapshot_length, 10);
}

TEST(Policy, ReadsEveryKey) {
  const Policy policy = Load(R"(allow_remote = true
allowed_users = ["alice", "bob"]
max_bandwidth_kbps = 40
max_frequency = 0.5
buffer_size = 30
prefilter_frequency = 5.0
distinct_snapshot_length = 15
[[adapter_set.policy.item_family]]
pattern = "item\\d+"
modes = ["MERGE", "RAW"]
data_adapter = "D"
[[adapter_set.policy.item_family]]
pattern = ".*"
modes = []
)");
  const Policy expected = {
      .allow_remote = true,
      .allowed_users = {{"alice", "bob"}},
      .max_bandwidth_kbps = 40,
      .max_frequency = 0.5,
      .buffer_size = 30,
      .prefilter_frequency = 5,
      .distinct_snapshot_length = 15,
      .item_families = {{"item\\d+", {ItemMode::kMerge, ItemMode::kRaw}, "D"}, {".*", {}, ""}}};
  EXPECT_EQ(policy, expected);
}

TEST(Policy, ReadsCredentials) {
  EXPECT_EQ(Load("credentials = [{ user = \"u\", password = \"p\" }]\n").credentials,
            (std::vector<Credential>{{"u", "p"}}));
}

TEST(Policy, OneListSaysWhoMayEnter) {
  EXPECT_EQ(
      ErrorOf("allowed_users = [\"u\"]\ncredentials = [{ user = \"u\", password = \"pp\" }]\n"),
      "p.toml:6: adapter_set.policy.credentials: and allowed_users both say who may enter; "
      "write one of them");
  EXPECT_EQ(ErrorOf("allowed_users = []\n"),
            "p.toml:5: adapter_set.policy.allowed_users: names nobody; write the names, or leave "
            "it out to let everybody in");
  EXPECT_NE(ErrorOf("allowed_users = [\"\"]\n"), "");
}

TEST(Policy, APatternThatRe2DoesNotKnowIsTold) {
  EXPECT_EQ(
      ErrorOf("[[adapter_set.policy.item_family]]\nmodes = []\npattern = \"(?!a).*\"\n"),
      "p.toml:7: adapter_set.policy.item_family.pattern: \"(?!a).*\" is no RE2 pattern: invalid "
      "perl operator: (?!; mend it (RE2 has no lookaround, no backreferences and no possessive "
      "quantifiers)");
}

TEST(Policy, AFamilyHasAPatternAndModes) {
  EXPECT_EQ(ErrorOf("[[adapter_set.policy.item_family]]\n"),
            "p.toml:5: adapter_set.policy.item_family.pattern: is absent; a family has a pattern "
            "and its modes\n"
            "p.toml:5: adapter_set.policy.item_family.modes: is absent; a family has a pattern "
            "and its modes");
  EXPECT_EQ(ErrorOf("[[adapter_set.policy.item_family]]\npattern = \"a\"\nmodes = [\"merge\"]\n"),
            "p.toml:7: adapter_set.policy.item_family.modes: [\"merge\"] is no choice; write a "
            "list of RAW, MERGE, DISTINCT and COMMAND");
}

TEST(Policy, AFamilyNamesADataAdapterOfTheSet) {
  EXPECT_EQ(ErrorOf("[[adapter_set.policy.item_family]]\npattern = \"a\"\nmodes = []\n"
                    "data_adapter = \"E\"\n"),
            "p.toml:8: adapter_set.policy.item_family.data_adapter: the set has no Data Adapter "
            "\"E\"; write D");
}

TEST(Policy, NumbersHaveARange) {
  EXPECT_EQ(ErrorOf("max_frequency = -0.5\n"),
            "p.toml:5: adapter_set.policy.max_frequency: -0.5 is too small; write 0 to 1000000");
  EXPECT_EQ(ErrorOf("max_frequency = nan\n"),
            "p.toml:5: adapter_set.policy.max_frequency: nan is too small; write 0 to 1000000");
  EXPECT_EQ(ErrorOf("max_bandwidth_kbps = inf\n"),
            "p.toml:5: adapter_set.policy.max_bandwidth_kbps: inf is too large; write 0 to "
            "1000000000");
  EXPECT_EQ(ErrorOf("max_frequency = \"2\"\n"),
            "p.toml:5: adapter_set.policy.max_frequency: is text; write a number");
  EXPECT_EQ(ErrorOf("buffer_size = 1.5\n"),
            "p.toml:5: adapter_set.policy.buffer_size: is a number with a fraction; write a whole "
            "number");
}

TEST(Policy, IsNotForASetWithAMetadataAdapter) {
  const auto settings = LoadString(
      "[[adapter_set]]\n[[adapter_set.data_adapter]]\n[adapter_set.metadata_adapter]\n"
      "[adapter_set.policy]\n",
      "p.toml");
  EXPECT_EQ(Message(settings.status()),
            "p.toml:4: adapter_set.policy: is for a set without a Metadata Adapter; remove one of "
            "the two");
}

}  // namespace
}  // namespace penstock::config
