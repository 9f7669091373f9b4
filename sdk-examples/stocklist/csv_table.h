// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::stocklist {

// One line of data. An empty field is a value that was not recorded.
struct CsvRow {
  std::size_t line = 0;  // where the row begins in the file, from 1
  std::vector<std::string> fields;
};

// A CSV file (RFC 4180) whose first line names the columns; every row has as many fields as there
// are columns. Owned by whoever parsed it.
// Shard: any; immutable once parsed.
class CsvTable {
 public:
  // Nothing on failure; then `error` says `file:line: what is wrong`. Accepts LF and CRLF, quoted
  // fields with line breaks in them, a byte order mark, and a last line without its end. Empty
  // lines are passed over.
  [[nodiscard]] static std::optional<CsvTable> Parse(std::string_view text, std::string_view file,
                                                     std::string& error);
  [[nodiscard]] static std::optional<CsvTable> Read(const std::string& path, std::string& error);

  // The index of a column; nothing, and `error`, when the file does not have it.
  [[nodiscard]] std::optional<std::size_t> Column(std::string_view name, std::string& error) const;

  // `file:line: problem`, for a row whose content makes no sense to the caller.
  [[nodiscard]] std::string Complain(const CsvRow& row, std::string_view problem) const;

  [[nodiscard]] const std::vector<CsvRow>& rows() const { return rows_; }

 private:
  std::string file_;
  std::vector<std::string> columns_;
  std::vector<CsvRow> rows_;
};

}  // namespace penstock::stocklist
