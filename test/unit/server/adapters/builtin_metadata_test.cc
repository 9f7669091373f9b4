// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/builtin_metadata.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using session::OpenGrant;
using session::OpenQuery;
using session::SubscribeGrant;
using session::SubscribeQuery;

class BuiltinMetadataTest : public testing::Test {
 protected:
  BuiltinMetadataTest() { house_.AddData(); }

  // Before the first question.
  config::Policy& policy() { return house_.settings.adapter_sets.at(0).policy; }

  std::variant<OpenGrant, tlcp::Error> Open(const OpenQuery& query) {
    Start();
    std::optional<std::variant<OpenGrant, tlcp::Error>> answer;
    house_.OnShard([&] {
      house_.metadata().OpenSession(query, [&](auto outcome) { answer = std::move(outcome); });
      EXPECT_FALSE(answer.has_value()) << "answered inside of the call";
    });
    return answer.value();
  }
  // 0 if they may enter, else the code.
  int CodeFor(const std::string& ip) {
    OpenQuery query;
    query.remote_ip = ip;
    return CodeOf(Open(std::move(query)));
  }
  int CodeFor(std::optional<std::string> user, std::optional<std::string> password) {
    OpenQuery query;
    query.remote_ip = "127.0.0.1";
    query.user = std::move(user);
    query.password = std::move(password);
    return CodeOf(Open(std::move(query)));
  }

  static SubscribeQuery Query(const std::string& group, const std::string& schema = "last") {
    SubscribeQuery query;
    query.table.group = group;
    query.table.schema = schema;
    query.table.data_adapter = "DATA";
    return query;
  }
  std::variant<SubscribeGrant, tlcp::Error> Authorize(SubscribeQuery query) {
    Start();
    std::optional<std::variant<SubscribeGrant, tlcp::Error>> answer;
    house_.OnShard([&] {
      house_.metadata().Authorize(std::move(query),
                                  [&](auto outcome) { answer = std::move(outcome); });
    });
    return answer.value();
  }

  template <class T>
  static int CodeOf(const std::variant<T, tlcp::Error>& answer) {
    const auto* const error = std::get_if<tlcp::Error>(&answer);
    return error == nullptr ? 0 : error->code;
  }

  test::TestHouse house_;

  void Start() {
    if (std::exchange(started_, true)) return;
    EXPECT_TRUE(house_.Start().ok());
  }

 private:
  bool started_ = false;
};

TEST_F(BuiltinMetadataTest, LetsThisMachineIn) {
  for (const char* ip : {"127.0.0.1", "127.5.6.7", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(CodeFor(ip), 0) << ip;
  }
}

TEST_F(BuiltinMetadataTest, RefusesOtherMachines) {
  for (const char* ip : {"10.0.0.1", "192.168.127.1", "::2", ""}) {
    EXPECT_EQ(CodeFor(ip), 1) << ip;
  }
}

TEST_F(BuiltinMetadataTest, LetsOtherMachinesInWhereThePolicySaysSo) {
  policy().allow_remote = true;
  EXPECT_EQ(CodeFor("10.0.0.1"), 0);
}

TEST_F(BuiltinMetadataTest, AllowedUsersNeedNoPassword) {
  policy().allowed_users = {"alice", "bob"};
  EXPECT_EQ(CodeFor("bob", std::nullopt), 0);
  EXPECT_EQ(CodeFor("alice", "whatever"), 0);
}

TEST_F(BuiltinMetadataTest, OthersAndNobodyAreRefusedByAllowedUsers) {
  policy().allowed_users = {"alice"};
  EXPECT_EQ(CodeFor("Alice", std::nullopt), 1);
  EXPECT_EQ(CodeFor("", std::nullopt), 1);
  EXPECT_EQ(CodeFor(std::nullopt, std::nullopt), 1);
}

TEST_F(BuiltinMetadataTest, CredentialsNeedUserAndPassword) {
  policy().credentials = {{"alice", "secret"}, {"bob", "other"}};
  EXPECT_EQ(CodeFor("alice", "secret"), 0);
  EXPECT_EQ(CodeFor("bob", "other"), 0);
  EXPECT_EQ(CodeFor("alice", "other"), 1);
  EXPECT_EQ(CodeFor("alice", std::nullopt), 1);
  EXPECT_EQ(CodeFor(std::nullopt, std::nullopt), 1);
}

TEST_F(BuiltinMetadataTest, GrantsTheBandwidthAndNoTables) {
  policy().max_bandwidth_kbps = 40.5;
  OpenQuery query;
  query.remote_ip = "::1";
  const auto grant = std::get<OpenGrant>(Open(std::move(query)));
  EXPECT_EQ(grant.max_bandwidth_kbps, 40.5);
  EXPECT_FALSE(grant.wants_tables);
}

TEST_F(BuiltinMetadataTest, SplitsGroupsAndSchemasOnSpaces) {
  const auto grant = std::get<SubscribeGrant>(Authorize(Query("a  b c ", "last time")));
  EXPECT_EQ(grant.items, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(grant.fields, (std::vector<std::string>{"last", "time"}));
  EXPECT_EQ(grant.limits.size(), 3u);
  EXPECT_FALSE(grant.table_open);
}

TEST_F(BuiltinMetadataTest, AGroupWithoutItemsIsASubscriptionWithoutItems) {
  EXPECT_TRUE(std::get<SubscribeGrant>(Authorize(Query(""))).items.empty());
}

TEST_F(BuiltinMetadataTest, RefusesAnEmptySchema) {
  EXPECT_EQ(CodeOf(Authorize(Query("a", " "))), 23);
  EXPECT_EQ(CodeOf(Authorize(Query("a", ""))), 23);
}

TEST_F(BuiltinMetadataTest, RefusesASelector) {
  SubscribeQuery query = Query("a");
  query.table.selector = "mine";
  EXPECT_EQ(CodeOf(Authorize(std::move(query))), 25);
}

TEST_F(BuiltinMetadataTest, GrantsTheLimitsForEachItem) {
  policy().max_frequency = 1.5;
  policy().prefilter_frequency = 2.5;
  policy().buffer_size = 3;
  const auto grant = std::get<SubscribeGrant>(Authorize(Query("a b")));
  ASSERT_EQ(grant.limits.size(), 2u);
  EXPECT_EQ(grant.limits[1].max_frequency, 1.5);
  EXPECT_EQ(grant.limits[1].min_source_frequency, 2.5);
  EXPECT_EQ(grant.limits[1].buffer_size, 3);
  EXPECT_EQ(grant.limits[1].distinct_snapshot_length, 10);
}

TEST_F(BuiltinMetadataTest, RefusesWhenOneItemLacksTheMode) {
  policy().item_families = {{"a.*", {config::ItemMode::kMerge}, ""},
                            {"b", {config::ItemMode::kMerge}, "OTHER"}};
  EXPECT_EQ(CodeOf(Authorize(Query("a1 a2"))), 0);
  EXPECT_EQ(CodeOf(Authorize(Query("a1 b"))), 24);
  SubscribeQuery distinct = Query("a1");
  distinct.table.mode = kernel::Mode::kDistinct;
  EXPECT_EQ(CodeOf(Authorize(std::move(distinct))), 24);
}

TEST_F(BuiltinMetadataTest, RefusesUnfilteredWithAFrequencyLimit) {
  policy().max_frequency = 1;
  SubscribeQuery query = Query("a");
  query.unfiltered = true;
  EXPECT_EQ(CodeOf(Authorize(std::move(query))), 26);
}

TEST_F(BuiltinMetadataTest, RefusesUnfilteredWithAPrefilter) {
  policy().prefilter_frequency = 1;
  SubscribeQuery query = Query("a");
  query.unfiltered = true;
  EXPECT_EQ(CodeOf(Authorize(std::move(query))), 27);
}

TEST_F(BuiltinMetadataTest, RefusesMessages) {
  std::optional<std::variant<session::MessageOutcome, tlcp::Error>> answer;
  Start();
  house_.OnShard([&] {
    house_.metadata().SendMessage({"user", "S1", "hello"},
                                  [&](auto outcome) { answer = std::move(outcome); });
    EXPECT_FALSE(answer.has_value()) << "answered inside of the call";
  });
  EXPECT_EQ(std::get<tlcp::Error>(answer.value()), (tlcp::Error{0, "Unsupported function"}));
}

}  // namespace
}  // namespace penstock::adapters
