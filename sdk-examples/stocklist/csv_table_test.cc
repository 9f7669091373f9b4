// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/csv_table.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::stocklist {
namespace {

using Row = std::vector<std::string>;

std::string ErrorOf(std::string_view text) {
  std::string error;
  EXPECT_FALSE(CsvTable::Parse(text, "a.csv", error).has_value());
  return error;
}

TEST(CsvTable, ReadsRowsWithTheirLines) {
  std::string error;
  const auto table = CsvTable::Parse("a,b\n1,2\r\n\n3,4", "a.csv", error);
  ASSERT_TRUE(table.has_value()) << error;
  ASSERT_EQ(table->rows().size(), 2u);
  EXPECT_EQ(table->rows()[0].fields, (Row{"1", "2"}));
  EXPECT_EQ(table->rows()[0].line, 2u);
  EXPECT_EQ(table->rows()[1].fields, (Row{"3", "4"}));
  EXPECT_EQ(table->rows()[1].line, 4u);
}

TEST(CsvTable, ReadsQuotedFields) {
  std::string error;
  const auto table = CsvTable::Parse(
      "a,b\n\"one, two\",\"say \"\"yes\"\"\"\n\"two\nlines\",x\ny,z\n", "a.csv", error);
  ASSERT_TRUE(table.has_value()) << error;
  EXPECT_EQ(table->rows()[0].fields, (Row{"one, two", "say \"yes\""}));
  EXPECT_EQ(table->rows()[1].fields, (Row{"two\nlines", "x"}));
  EXPECT_EQ(table->rows()[2].line, 5u);
}

TEST(CsvTable, KeepsEmptyValues) {
  std::string error;
  const auto table = CsvTable::Parse("a,b,c\n,,\n\"\",2,\n", "a.csv", error);
  ASSERT_TRUE(table.has_value()) << error;
  EXPECT_EQ(table->rows()[0].fields, (Row{"", "", ""}));
  EXPECT_EQ(table->rows()[1].fields, (Row{"", "2", ""}));
}

TEST(CsvTable, PassesOverAByteOrderMark) {
  std::string error;
  const auto table = CsvTable::Parse("\xEF\xBB\xBFx,y\n1,2\n", "a.csv", error);
  ASSERT_TRUE(table.has_value()) << error;
  EXPECT_EQ(table->Column("x", error), 0u);
}

TEST(CsvTable, NamesFileAndLineOfAnError) {
  EXPECT_EQ(ErrorOf("a,b\n1,2\n1,2,3\n"), "a.csv:3: 3 fields where 2 were expected");
  EXPECT_EQ(ErrorOf("a,b\n1,\"2\n3\n"), "a.csv:2: a quoted field has no closing quote");
  EXPECT_EQ(ErrorOf("a,b\n1,\"2\"x\n"), "a.csv:2: text after a closing quote");
  EXPECT_EQ(ErrorOf("a,b\n1,2\"\n"), "a.csv:2: a quote inside a field that is not quoted");
  EXPECT_EQ(ErrorOf(std::string_view("a,b\n1,\0\n", 8)), "a.csv:2: a control character in a field");
  EXPECT_EQ(ErrorOf(""), "a.csv:1: the line with the names of the columns is missing");
}

TEST(CsvTable, SaysWhichColumnIsMissing) {
  std::string error;
  const auto table = CsvTable::Parse("a,b\n", "a.csv", error);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->Column("price", error), std::nullopt);
  EXPECT_EQ(error, "a.csv:1: no column is called price");
}

TEST(CsvTable, SaysWhichFileCannotBeOpened) {
  std::string error;
  EXPECT_FALSE(CsvTable::Read("/no/such/folder/stocks.csv", error).has_value());
  EXPECT_EQ(error, "/no/such/folder/stocks.csv: cannot open the file");
}

TEST(CsvTable, MakesATableOrAnErrorOfEveryCutFile) {
  const std::string_view whole =
      "\xEF\xBB\xBF"
      "a,b\r\n1,\"2\n\"\"x\"\r\n,\n\"\",\"\"\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::string error;
    const bool parsed = CsvTable::Parse(whole.substr(0, size), "a.csv", error).has_value();
    EXPECT_EQ(parsed, error.empty()) << size << ": " << error;
  }
}

}  // namespace
}  // namespace penstock::stocklist
