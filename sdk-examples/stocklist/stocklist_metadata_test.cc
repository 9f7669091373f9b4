// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/stocklist_metadata.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "penstock/adapter/error.h"
#include "penstock/adapter/metadata_types.h"
#include "stocklist/user_table.h"

namespace penstock::stocklist {
namespace {

using adapter::Error;
using adapter::Mode;

adapter::UserRequest Request(adapter::NullableString user, adapter::NullableString password) {
  adapter::UserRequest request;
  request.user = std::move(user);
  request.password = std::move(password);
  return request;
}

adapter::TablesRequest TableOf(adapter::NullableString user, std::string group) {
  adapter::Table table;
  table.group = std::move(group);
  return {std::move(user), "S1", {table}};
}

TEST(StocklistMetadata, LetsInNobodyAndKnownUsers) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  EXPECT_TRUE(metadata.NotifyUser(Request(std::nullopt, std::nullopt)).ok());
  EXPECT_TRUE(metadata.NotifyUser(Request("demo", "demo")).ok());
}

TEST(StocklistMetadata, RefusesStrangersAndWrongPasswordsAlike) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  for (const auto& request :
       {Request("stranger", "x"), Request("demo", "x"), Request("demo", std::nullopt)}) {
    const auto answer = metadata.NotifyUser(request);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind(), Error::Kind::kAccess);
    EXPECT_EQ(answer.error().message(), "unknown user or wrong password");
  }
}

TEST(StocklistMetadata, AllowsMergeOnly) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  EXPECT_EQ(metadata.ItemData({"stock.MSFT"})->modes, adapter::ModeSet(Mode::kMerge));
  EXPECT_EQ(metadata.UserItemData({std::nullopt, "cpu.0"})->modes, adapter::ModeSet(Mode::kMerge));
  EXPECT_EQ(metadata.UserItemData({"stranger", "cpu.0"})->modes, adapter::ModeSet());
}

TEST(StocklistMetadata, LimitsTheFrequencyOfTheDelayedUser) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  EXPECT_EQ(metadata.UserItemData({"delayed", "index.SP500"})->max_frequency, 1.0);
  EXPECT_EQ(metadata.UserItemData({"demo", "index.SP500"})->max_frequency, 0.0);
}

TEST(StocklistMetadata, RefusesItemsThatAUserMayNotSee) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  EXPECT_TRUE(metadata.NotifyUser(Request("delayed", "delayed"))->wants_tables);
  EXPECT_TRUE(metadata.NewTables(TableOf("delayed", "index.SP500")).ok());
  const auto refused = metadata.NewTables(TableOf("delayed", "index.SP500 stock.IBM"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), Error::Kind::kCredits);
  EXPECT_EQ(refused.error().client_code(), StocklistMetadata::kMayNotSee);
  EXPECT_EQ(refused.error().client_message(), "this user may not see stock.IBM");
}

TEST(StocklistMetadata, SparesUnrestrictedUsersTheQuestion) {
  StocklistMetadata metadata(UserTable::BuiltIn());
  EXPECT_FALSE(metadata.NotifyUser(Request(std::nullopt, std::nullopt))->wants_tables);
}

}  // namespace
}  // namespace penstock::stocklist
