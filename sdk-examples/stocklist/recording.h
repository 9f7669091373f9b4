// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stocklist/calendar_day.h"
#include "stocklist/csv_table.h"

namespace penstock::stocklist {

// The values of one item, or the part of them that an update carries; nothing is a null.
using Fields = std::vector<std::pair<std::string, std::optional<std::string>>>;

// What one item shows from `day` on.
struct RecordedUpdate {
  CalendarDay day;
  std::string item;
  Fields fields;
};

// Everything that was recorded, in the order of its days, ready to be sent. Texts are those of the
// files, unchanged; only dates are brought to one form, and `previous` and `change_pct` are derived
// from two recorded prices.
// Owned by main. Shard: any; immutable once loaded.
struct Recording {
  std::vector<RecordedUpdate> updates;    // by day; within a day stocks first, the index last
  std::vector<CalendarDay> trading_days;  // the days of the index, each once, rising
  std::vector<std::pair<std::string, Fields>> items;  // name, and what never changes of it
  CalendarDay covered_until;  // the last day that the stocks and the index both reach

  // Reads `stocks.csv` and `sp500-2000.csv` in a folder. Nothing on failure; then `error` says
  // where the trouble is.
  [[nodiscard]] static std::optional<Recording> Load(const std::string& folder, std::string& error);
  [[nodiscard]] static std::optional<Recording> Build(const CsvTable& stocks, const CsvTable& index,
                                                      std::string& error);
};

}  // namespace penstock::stocklist
