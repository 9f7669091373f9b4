// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/builtin_metadata.h"

#include <gtest/gtest.h>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using session::OpenGrant;
using session::OpenQuery;
using session::SubscribeGrant;
using session::SubscribeQuery;

class BuiltinMetadataTest : public testing::Test {
 protected:
  BuiltinMetadataTest() {
    house_.AddData();
    EXPECT_TRUE(house_.Start().ok());
  }

  std::variant<OpenGrant, tlcp::Error> Open(const std::string& ip) {
    std::optional<std::variant<OpenGrant, tlcp::Error>> answer;
    house_.OnShard([&] {
      OpenQuery query;
      query.remote_ip = ip;
      house_.metadata().OpenSession(std::move(query),
                                    [&](auto outcome) { answer = std::move(outcome); });
      EXPECT_FALSE(answer.has_value()) << "answered inside of the call";
    });
    return answer.value();
  }

  std::variant<SubscribeGrant, tlcp::Error> Authorize(const std::string& group,
                                                      const std::string& schema) {
    std::optional<std::variant<SubscribeGrant, tlcp::Error>> answer;
    house_.OnShard([&] {
      SubscribeQuery query;
      query.table.group = group;
      query.table.schema = schema;
      query.unfiltered = true;
      house_.metadata().Authorize(std::move(query),
                                  [&](auto outcome) { answer = std::move(outcome); });
    });
    return answer.value();
  }

  test::TestHouse house_;
};

TEST_F(BuiltinMetadataTest, LetsThisMachineIn) {
  for (const char* ip : {"127.0.0.1", "127.5.6.7", "::1", "::ffff:127.0.0.1"}) {
    const auto answer = Open(ip);
    ASSERT_TRUE(std::holds_alternative<OpenGrant>(answer)) << ip;
    EXPECT_EQ(std::get<OpenGrant>(answer).max_bandwidth_kbps, 0);
    EXPECT_FALSE(std::get<OpenGrant>(answer).wants_tables);
  }
}

TEST_F(BuiltinMetadataTest, RefusesOtherMachines) {
  for (const char* ip : {"10.0.0.1", "192.168.127.1", "::2", ""}) {
    const auto answer = Open(ip);
    ASSERT_TRUE(std::holds_alternative<tlcp::Error>(answer)) << ip;
    EXPECT_EQ(std::get<tlcp::Error>(answer).code, 1);
  }
}

TEST_F(BuiltinMetadataTest, SplitsGroupsAndSchemasOnSpaces) {
  const auto grant = std::get<SubscribeGrant>(Authorize("a  b c ", "last time"));
  EXPECT_EQ(grant.items, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(grant.fields, (std::vector<std::string>{"last", "time"}));
  EXPECT_EQ(grant.limits.size(), 3u);
  EXPECT_FALSE(grant.table_open);
}

TEST_F(BuiltinMetadataTest, AGroupWithoutItemsIsASubscriptionWithoutItems) {
  EXPECT_TRUE(std::get<SubscribeGrant>(Authorize("", "last")).items.empty());
}

TEST_F(BuiltinMetadataTest, RefusesAnEmptySchema) {
  EXPECT_EQ(std::get<tlcp::Error>(Authorize("a", " ")).code, 23);
}

}  // namespace
}  // namespace penstock::adapters
