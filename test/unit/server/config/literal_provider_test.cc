// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/literal_provider.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "config/adapters_xml.h"

namespace penstock::config {
namespace {

struct Outcome {
  Policy policy;
  bool has_metadata_adapter = false;
  std::vector<std::string> notes;
  std::string error;
};

// A set whose Metadata Adapter is a LiteralBasedProvider; the first parameter is on line 9.
Outcome Parse(const std::vector<std::pair<std::string, std::string>>& params) {
  std::string text =
      "<adapters_conf id=\"S\">\n<data_provider name=\"D\">\n"
      "<adapter_class>PROXY_FOR_REMOTE_ADAPTER</adapter_class>\n"
      "<param name=\"request_reply_port\">6661</param>\n"
      "<param name=\"interface\">127.0.0.1</param>\n</data_provider>\n<metadata_provider>\n"
      "<adapter_class>com.lightstreamer.adapters.metadata.LiteralBasedProvider</adapter_class>\n";
  for (const auto& [name, value] : params) {
    text += "<param name=\"" + name + "\">" + value + "</param>\n";
  }
  text += "</metadata_provider>\n</adapters_conf>\n";
  Outcome outcome;
  Problems problems;
  const auto loaded = ParseAdaptersXml(text, "a.xml", &outcome.notes, &problems);
  outcome.error = std::string(Message(problems.ToStatus()));
  if (loaded) {
    outcome.policy = loaded->set.policy;
    outcome.has_metadata_adapter = loaded->set.metadata_adapter.has_value();
  }
  return outcome;
}

TEST(LiteralProvider, EveryParameterBecomesTheSettingOfTheSameMeaning) {
  const Outcome outcome = Parse({{"allow_remote", "Y"},
                                 {"allowed_users", "user123, user456"},
                                 {"max_bandwidth", "40.5"},
                                 {"max_frequency", "3"},
                                 {"buffer_size", "30"},
                                 {"prefilter_frequency", "5"},
                                 {"distinct_snapshot_length", "20"},
                                 {"item_family_1", "item.*"},
                                 {"modes_for_item_family_1", "MERGE, RAW"},
                                 {"data_adapter_for_item_family_1", "D"}});
  const Policy expected = {.allow_remote = true,
                           .allowed_users = {{"user123", "user456"}},
                           .max_bandwidth_kbps = 40.5,
                           .max_frequency = 3,
                           .buffer_size = 30,
                           .prefilter_frequency = 5,
                           .distinct_snapshot_length = 20,
                           .item_families = {{"item.*", {ItemMode::kMerge, ItemMode::kRaw}, "D"}}};
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.policy, expected);
  EXPECT_FALSE(outcome.has_metadata_adapter);
  EXPECT_EQ(outcome.notes, std::vector<std::string>());
}

TEST(LiteralProvider, WithoutParametersHasTheDefaultsAndSaysWhoMayEnter) {
  const Outcome outcome = Parse({});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.policy, Policy());
  EXPECT_EQ(outcome.notes,
            (std::vector<std::string>{
                "a.xml:7: LiteralBasedProvider: lets in clients on this machine only; add <param "
                "name=\"allow_remote\">Y</param> to let in others"}));
}

TEST(LiteralProvider, FamiliesAreInTheOrderOfTheirNumbers) {
  const Outcome outcome = Parse({{"item_family_10", "c"},
                                 {"modes_for_item_family_10", "DISTINCT"},
                                 {"modes_for_item_family_2", "COMMAND"},
                                 {"item_family_2", "b"},
                                 {"item_family_1", "a"},
                                 {"modes_for_item_family_1", "RAW MERGE"}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.policy.item_families,
            (std::vector<ItemFamily>{{"a", {ItemMode::kRaw, ItemMode::kMerge}, ""},
                                     {"b", {ItemMode::kCommand}, ""},
                                     {"c", {ItemMode::kDistinct}, ""}}));
}

TEST(LiteralProvider, AFamilyThatCannotBeKeptIsRefused) {
  EXPECT_EQ(Parse({{"item_family_1", "(?=a).*"}, {"modes_for_item_family_1", "RAW"}}).error,
            "a.xml:9: item_family_1: \"(?=a).*\" is no RE2 pattern: invalid perl operator: (?=; "
            "mend it (RE2 has no lookaround, no backreferences and no possessive quantifiers)");
  EXPECT_EQ(Parse({{"item_family_1", "a"}}).error,
            "a.xml:9: item_family_1: has no modes; add modes_for_item_family_1");
  EXPECT_EQ(Parse({{"modes_for_item_family_1", "RAW"}}).error,
            "a.xml:9: modes_for_item_family_1: is for item_family_1, which is absent; add it, or "
            "remove this");
  EXPECT_EQ(Parse({{"item_family_1", "a"}, {"modes_for_item_family_1", "RAW MERGED"}}).error,
            "a.xml:10: modes_for_item_family_1: \"MERGED\" is no choice; write RAW, MERGE, "
            "DISTINCT or COMMAND");
  EXPECT_EQ(Parse({{"item_family_1", "a"},
                   {"modes_for_item_family_1", "RAW"},
                   {"data_adapter_for_item_family_1", "X"}})
                .error,
            "a.xml:11: data_adapter_for_item_family_1: the set has no Data Adapter \"X\"; write D");
  EXPECT_EQ(Parse({{"item_family_x", "a"}}).error,
            "a.xml:9: item_family_x: does not end in a whole number; write one, families are "
            "tried in its order");
  EXPECT_EQ(
      Parse({{"item_family_1", "a"}, {"modes_for_item_family_1", "RAW"}, {"item_family_01", "b"}})
          .error,
      "a.xml:11: item_family_01: is there already; write it once");
}

TEST(LiteralProvider, APatternThatJavaReadsDifferentlyIsRefused) {
  for (const char* pattern : {"[a-z&amp;&amp;[^b]]+", "[a[bc]]", "[ab&amp;&amp;b]"}) {
    EXPECT_NE(Parse({{"item_family_1", pattern}, {"modes_for_item_family_1", "RAW"}})
                  .error.find("RE2 reads differently"),
              std::string::npos)
        << pattern;
  }
  for (const char* pattern : {"[a\\[b]", "[a][b]", "a&amp;&amp;b", "\\[a[b]"}) {
    EXPECT_EQ(Parse({{"item_family_1", pattern}, {"modes_for_item_family_1", "RAW"}}).error, "")
        << pattern;
  }
}

TEST(LiteralProvider, AnEmptyListOfUsersIsNotEverybody) {
  for (const char* users : {"", " , "}) {
    EXPECT_EQ(Parse({{"allowed_users", users}}).error,
              "a.xml:9: allowed_users: names nobody; write the names, or leave it out to let "
              "everybody in");
  }
}

TEST(LiteralProvider, LimitsAreNumbersInRange) {
  EXPECT_EQ(Parse({{"max_frequency", "often"}}).error,
            "a.xml:9: max_frequency: \"often\" is no number; write 0 to 1000000");
  EXPECT_EQ(Parse({{"buffer_size", "1.5"}}).error,
            "a.xml:9: buffer_size: \"1.5\" is no whole number; write 0 to 1000000");
  EXPECT_EQ(Parse({{"max_bandwidth", "-1"}}).error,
            "a.xml:9: max_bandwidth: -1 is too small; write 0 to 1000000000");
  EXPECT_EQ(Parse({{"allow_remote", "yes"}}).error,
            "a.xml:9: allow_remote: \"yes\" is no choice; write Y or N");
}

TEST(LiteralProvider, WhatItDoesNotKnowIsNoted) {
  const Outcome outcome = Parse({{"allow_remote", "Y"}, {"max_frequenzy", "1"}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.notes, (std::vector<std::string>{
                               "a.xml:10: max_frequenzy: is not done by this server and left "
                               "out; did you mean max_frequency?"}));
}

}  // namespace
}  // namespace penstock::config
