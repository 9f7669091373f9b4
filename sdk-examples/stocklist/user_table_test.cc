// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/user_table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "stocklist/csv_table.h"

namespace penstock::stocklist {
namespace {

std::optional<UserTable> Read(std::string_view text, std::string& error) {
  const auto table = CsvTable::Parse(text, "users.csv", error);
  return table ? UserTable::Read(*table, error) : std::nullopt;
}

TEST(UserTable, LetsInWithTheRightPasswordOnly) {
  const UserTable users = UserTable::BuiltIn();
  EXPECT_NE(users.Admit("demo", "demo"), nullptr);
  EXPECT_EQ(users.Admit("demo", "other"), nullptr);
  EXPECT_EQ(users.Admit("demo", ""), nullptr);
  EXPECT_EQ(users.Admit("stranger", "demo"), nullptr);
}

TEST(UserTable, LetsInClientsWithoutAName) {
  const UserTable users = UserTable::BuiltIn();
  ASSERT_NE(users.Admit("", ""), nullptr);
  EXPECT_TRUE(users.Admit("", "")->MaySee("stock.MSFT"));
  EXPECT_TRUE(users.Admit("", "")->MaySee("cpu.0"));
}

TEST(UserTable, ShowsTheDelayedUserTheIndexOnly) {
  const UserTable users = UserTable::BuiltIn();
  const UserRights* delayed = users.Find("delayed");
  ASSERT_NE(delayed, nullptr);
  EXPECT_TRUE(delayed->MaySee("index.SP500"));
  EXPECT_FALSE(delayed->MaySee("stock.MSFT"));
  EXPECT_EQ(delayed->max_frequency, 1.0);
}

TEST(UserTable, ReadsAFile) {
  std::string error;
  const auto users =
      Read("user,password,items,max_frequency\nann,\"pass,word\",stock.IBM index.*,2.5\n,,load,\n",
           error);
  ASSERT_TRUE(users.has_value()) << error;
  const UserRights* ann = users->Admit("ann", "pass,word");
  ASSERT_NE(ann, nullptr);
  EXPECT_TRUE(ann->MaySee("stock.IBM"));
  EXPECT_FALSE(ann->MaySee("stock.IBM2"));
  EXPECT_EQ(ann->max_frequency, 2.5);
  EXPECT_FALSE(users->Find("")->max_frequency.has_value());
}

TEST(UserTable, NamesTheLineThatMakesNoSense) {
  std::string error;
  EXPECT_FALSE(Read("user,password,items,max_frequency\na,,*,0\n", error).has_value());
  EXPECT_EQ(error, "users.csv:2: \"0\" is not a number above zero");
  EXPECT_FALSE(Read("user,password,items,max_frequency\na,,*,\na,,*,\n", error).has_value());
  EXPECT_EQ(error, "users.csv:3: the user \"a\" is there twice");
}

}  // namespace
}  // namespace penstock::stocklist
