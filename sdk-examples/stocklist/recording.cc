// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/recording.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string_view>
#include <system_error>

namespace penstock::stocklist {
namespace {

constexpr std::string_view kIndexItem = "index.SP500";
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNames = {
    {{"AAPL", "Apple"},
     {"AMZN", "Amazon.com"},
     {"GOOG", "Google"},
     {"IBM", "IBM"},
     {"MSFT", "Microsoft"}}};
constexpr std::array<std::string_view, 5> kIndexColumns = {"open", "high", "low", "close",
                                                           "volume"};

std::string NameOf(const std::string& symbol) {
  for (const auto& [known, name] : kNames) {
    if (known == symbol) {
      return std::string(name);
    }
  }
  return symbol;
}

// A symbol becomes part of an item name, and item names are listed with spaces between them.
bool IsSymbol(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '^' || c == '_';
  });
}

std::optional<double> ParseValue(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

// The text of a field as it was recorded, null where it is empty.
// False when it is neither empty nor a number.
bool TakeValue(const std::string& text, std::optional<std::string>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  value = text;
  return ParseValue(text).has_value();
}

std::optional<std::string> ChangePercent(const std::optional<std::string>& before,
                                         const std::optional<std::string>& now) {
  if (!before || !now) {
    return std::nullopt;
  }
  const std::optional<double> from = ParseValue(*before);
  const std::optional<double> to = ParseValue(*now);
  if (!from || !to || *from == 0) {
    return std::nullopt;
  }
  char text[64];
  const double change = (*to - *from) / *from * 100;
  const int size = std::snprintf(text, sizeof(text), "%.2f", change);
  if (size < 0 || static_cast<std::size_t>(size) >= sizeof(text)) {
    return std::nullopt;
  }
  const std::string_view shown(text, static_cast<std::size_t>(size));
  return std::string(shown == "-0.00" ? shown.substr(1) : shown);
}

struct StockPrice {
  CalendarDay day;
  std::optional<std::string> price;
};

using PricesBySymbol = std::map<std::string, std::vector<StockPrice>>;

std::optional<PricesBySymbol> ReadStocks(const CsvTable& table, std::string& error) {
  const auto symbol = table.Column("symbol", error);
  const auto date = table.Column("date", error);
  const auto price = table.Column("price", error);
  if (!symbol || !date || !price) {
    return std::nullopt;
  }
  PricesBySymbol prices;
  for (const CsvRow& row : table.rows()) {
    const std::string& name = row.fields[*symbol];
    if (!IsSymbol(name)) {
      error = table.Complain(row, "\"" + name + "\" cannot be a symbol");
      return std::nullopt;
    }
    const std::optional<CalendarDay> day = ParseDay(row.fields[*date]);
    if (!day) {
      error = table.Complain(row, "\"" + row.fields[*date] + "\" is not a date");
      return std::nullopt;
    }
    StockPrice recorded{*day, std::nullopt};
    if (!TakeValue(row.fields[*price], recorded.price)) {
      error = table.Complain(row, "\"" + row.fields[*price] + "\" is not a price");
      return std::nullopt;
    }
    std::vector<StockPrice>& series = prices[name];
    if (!series.empty() && series.back().day >= *day) {
      error = table.Complain(row, "the days of " + name + " do not rise");
      return std::nullopt;
    }
    series.push_back(std::move(recorded));
  }
  return prices;
}

void AddStocks(const PricesBySymbol& prices, Recording& recording) {
  for (const auto& [symbol, series] : prices) {
    const std::string item = "stock." + symbol;
    recording.items.emplace_back(item, Fields{{"symbol", symbol}, {"name", NameOf(symbol)}});
    std::optional<std::string> previous;
    for (const StockPrice& recorded : series) {
      recording.updates.push_back({recorded.day,
                                   item,
                                   {{"date", FormatDay(recorded.day)},
                                    {"price", recorded.price},
                                    {"previous", previous},
                                    {"change_pct", ChangePercent(previous, recorded.price)}}});
      previous = recorded.price;
    }
  }
}

bool AddIndex(const CsvTable& table, Recording& recording, std::string& error) {
  const auto date = table.Column("date", error);
  std::array<std::size_t, kIndexColumns.size()> columns{};
  for (std::size_t i = 0; i < kIndexColumns.size(); ++i) {
    const auto column = table.Column(kIndexColumns[i], error);
    if (!column) {
      return false;
    }
    columns[i] = *column;
  }
  if (!date) {
    return false;
  }
  recording.items.emplace_back(kIndexItem, Fields{{"symbol", "SP500"}, {"name", "S&P 500"}});
  for (const CsvRow& row : table.rows()) {
    const std::optional<CalendarDay> day = ParseDay(row.fields[*date]);
    if (!day) {
      error = table.Complain(row, "\"" + row.fields[*date] + "\" is not a date");
      return false;
    }
    if (!recording.trading_days.empty() && recording.trading_days.back() >= *day) {
      error = table.Complain(row, "the days do not rise");
      return false;
    }
    recording.trading_days.push_back(*day);
    RecordedUpdate update{*day, std::string(kIndexItem), {{"date", FormatDay(*day)}}};
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::optional<std::string> value;
      if (!TakeValue(row.fields[columns[i]], value)) {
        error = table.Complain(row, "\"" + row.fields[columns[i]] + "\" is not a number");
        return false;
      }
      update.fields.emplace_back(kIndexColumns[i], std::move(value));
    }
    recording.updates.push_back(std::move(update));
  }
  return true;
}

}  // namespace

std::optional<Recording> Recording::Build(const CsvTable& stocks, const CsvTable& index,
                                          std::string& error) {
  const std::optional<PricesBySymbol> prices = ReadStocks(stocks, error);
  if (!prices) {
    return std::nullopt;
  }
  Recording recording;
  AddStocks(*prices, recording);
  if (!AddIndex(index, recording, error)) {
    return std::nullopt;
  }
  if (prices->empty() || recording.trading_days.empty()) {
    error = "the recording is empty: there must be one stock and one day of the index at least";
    return std::nullopt;
  }
  CalendarDay last_price = prices->begin()->second.back().day;
  for (const auto& [symbol, series] : *prices) {
    last_price = std::max(last_price, series.back().day);
  }
  recording.covered_until = std::min(last_price, recording.trading_days.back());
  std::stable_sort(recording.updates.begin(), recording.updates.end(),
                   [](const RecordedUpdate& a, const RecordedUpdate& b) { return a.day < b.day; });
  return recording;
}

std::optional<Recording> Recording::Load(const std::string& folder, std::string& error) {
  const std::optional<CsvTable> stocks = CsvTable::Read(folder + "/stocks.csv", error);
  if (!stocks) {
    return std::nullopt;
  }
  const std::optional<CsvTable> index = CsvTable::Read(folder + "/sp500-2000.csv", error);
  if (!index) {
    return std::nullopt;
  }
  return Build(*stocks, *index, error);
}

}  // namespace penstock::stocklist
