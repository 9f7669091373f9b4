// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/replay.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "stocklist/calendar_day.h"
#include "stocklist/csv_table.h"
#include "stocklist/recording.h"

namespace penstock::stocklist {
namespace {

constexpr std::string_view kStocks =
    "symbol,date,price\n"
    "MSFT,Jan 1 2000,40.00\nMSFT,Feb 1 2000,36.35\nMSFT,Mar 1 2000,\n"
    "GOOG,Feb 1 2000,102.37\n";
constexpr std::string_view kIndex =
    "date,open,high,low,close,adjclose,volume\n"
    "2000-01-03,1469.250000,1478,1438,1455,1455,931800000\n"
    "2000-01-31,1455,1455,1397,1399,1399,1009000000\n"
    "2000-02-01,1399,1413,1377,1402,1402,1085500000\n"
    "2000-03-01,1402,1411,1392,1403,1403,1092300000\n";

CsvTable Table(std::string_view text) {
  std::string error;
  auto table = CsvTable::Parse(text, "x.csv", error);
  EXPECT_TRUE(table.has_value()) << error;
  return table.value_or(CsvTable());
}

Recording MakeRecording() {
  std::string error;
  auto recording = Recording::Build(Table(kStocks), Table(kIndex), error);
  EXPECT_TRUE(recording.has_value()) << error;
  return recording.value_or(Recording());
}

std::string ErrorOf(std::string_view stocks, std::string_view index) {
  std::string error;
  EXPECT_FALSE(Recording::Build(Table(stocks), Table(index), error).has_value());
  return error;
}

CalendarDay Day(std::string_view text) { return ParseDay(text).value_or(CalendarDay()); }

std::string Value(const Fields& fields, std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (field == name) {
      return value.value_or("(null)");
    }
  }
  return "(absent)";
}

TEST(CalendarDay, ReadsBothFormsOfTheFiles) {
  EXPECT_EQ(ParseDay("2000-01-31"), ParseDay("Jan 31 2000"));
  EXPECT_EQ(FormatDay(Day("Feb 1 2000")), "2000-02-01");
}

TEST(CalendarDay, RefusesWhatIsNoDay) {
  for (const std::string_view text : {"", "2000-02-30", "2000-1-1", "Foo 1 2000", "Jan 0 2000",
                                      "Jan  1 2000", "Jan 1 20000", "2000/01/01", "Jan 2000"}) {
    EXPECT_EQ(ParseDay(text), std::nullopt) << text;
  }
}

TEST(Recording, SendsPricesAsTheyWereRecorded) {
  const Recording recording = MakeRecording();
  EXPECT_EQ(recording.updates.front().item, "stock.MSFT");
  EXPECT_EQ(Value(recording.updates.front().fields, "price"), "40.00");
  EXPECT_EQ(Value(recording.updates.front().fields, "previous"), "(null)");
  EXPECT_EQ(Value(recording.updates[1].fields, "open"), "1469.250000");
}

TEST(Recording, DerivesChangeFromTwoRecordedPricesOnly) {
  const Recording recording = MakeRecording();
  std::string changes;
  for (const RecordedUpdate& update : recording.updates) {
    if (update.item == "stock.MSFT") {
      changes += Value(update.fields, "change_pct") + " ";
    }
  }
  EXPECT_EQ(changes, "(null) -9.12 (null) ");
}

TEST(Recording, NamesTheLineThatMakesNoSense) {
  EXPECT_EQ(ErrorOf("symbol,date,price\nA B,Jan 1 2000,1\n", kIndex),
            "x.csv:2: \"A B\" cannot be a symbol");
  EXPECT_EQ(ErrorOf("symbol,date,price\nA,soon,1\n", kIndex), "x.csv:2: \"soon\" is not a date");
  EXPECT_EQ(ErrorOf("symbol,date,price\nA,Jan 1 2000,nan\n", kIndex),
            "x.csv:2: \"nan\" is not a price");
  EXPECT_EQ(ErrorOf("symbol,date,price\nA,Jan 2 2000,1\nA,Jan 1 2000,1\n", kIndex),
            "x.csv:3: the days of A do not rise");
  EXPECT_EQ(ErrorOf(kStocks, "date,open,high,low,close,volume\n2000-01-03,1,1,1,x,1\n"),
            "x.csv:2: \"x\" is not a number");
}

TEST(Replay, GoesOnByOneTradingDayInOrderOfDates) {
  const Recording recording = MakeRecording();
  auto replay = Replay::Create(recording, Day("2000-01-01"), recording.covered_until);
  ASSERT_TRUE(replay.has_value());
  EXPECT_EQ(Value(*replay->Find("index.SP500"), "date"), "(null)");
  EXPECT_EQ(Value(*replay->Find("stock.GOOG"), "name"), "Google");

  const auto first = replay->Step();
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].first, "stock.MSFT");
  EXPECT_EQ(first[1].first, "index.SP500");
  EXPECT_EQ(replay->Step().size(), 1u);
  EXPECT_EQ(replay->Step().size(), 3u);
  EXPECT_EQ(Value(*replay->Find("stock.MSFT"), "previous"), "40.00");
  EXPECT_EQ(Value(*replay->Find("stock.GOOG"), "price"), "102.37");
}

TEST(Replay, BeginsAnotherPassWithoutTheValuesOfTheEnd) {
  const Recording recording = MakeRecording();
  auto replay = Replay::Create(recording, Day("2000-02-01"), Day("2000-02-29"));
  ASSERT_TRUE(replay.has_value());
  EXPECT_EQ(replay->Step().size(), 3u);
  EXPECT_EQ(replay->pass(), 1u);

  const auto again = replay->Step();
  EXPECT_EQ(replay->pass(), 2u);
  ASSERT_EQ(again.size(), 6u);
  EXPECT_EQ(Value(again[0].second, "replay"), "2");
  EXPECT_EQ(Value(again[0].second, "price"), "(null)");
  EXPECT_EQ(Value(again[0].second, "name"), "(absent)");
  EXPECT_EQ(Value(*replay->Find("index.SP500"), "date"), "2000-02-01");
}

TEST(Replay, RefusesAPeriodWithoutTradingDays) {
  const Recording recording = MakeRecording();
  EXPECT_FALSE(Replay::Create(recording, Day("2000-01-04"), Day("2000-01-30")).has_value());
  EXPECT_FALSE(Replay::Create(recording, Day("2000-02-01"), Day("2000-01-03")).has_value());
}

TEST(Replay, KnowsNoOtherItem) {
  const Recording recording = MakeRecording();
  const auto replay = Replay::Create(recording, Day("2000-01-01"), Day("2000-12-31"));
  ASSERT_TRUE(replay.has_value());
  EXPECT_EQ(replay->Find("stock.NONE"), nullptr);
}

}  // namespace
}  // namespace penstock::stocklist
