// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/csv_table.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <ios>
#include <utility>

namespace penstock::stocklist {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string At(std::string_view file, std::size_t line, std::string_view problem) {
  std::string text(file);
  text.append(":").append(std::to_string(line)).append(": ").append(problem);
  return text;
}

enum class RowResult : std::uint8_t { kRow, kEnd, kError };

// Walks the text once, row by row.
class RowReader {
 public:
  explicit RowReader(std::string_view text) : rest_(text) {}

  RowResult Next(CsvRow& row) {
    SkipEmptyLines();
    if (rest_.empty()) {
      return RowResult::kEnd;
    }
    row.line = line_;
    row.fields.clear();
    while (true) {
      std::string field;
      if (!ReadField(field)) {
        return RowResult::kError;
      }
      row.fields.push_back(std::move(field));
      if (!rest_.empty() && rest_.front() == ',') {
        rest_.remove_prefix(1);
        continue;
      }
      SkipLineEnd();
      return RowResult::kRow;
    }
  }

  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] std::string_view problem() const { return problem_; }

 private:
  bool Fail(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  [[nodiscard]] std::size_t LineEndSize() const {
    if (rest_.starts_with("\r\n")) {
      return 2;
    }
    return rest_.starts_with('\n') ? 1 : 0;
  }

  void SkipLineEnd() {
    if (const std::size_t size = LineEndSize(); size > 0) {
      rest_.remove_prefix(size);
      ++line_;
    }
  }

  void SkipEmptyLines() {
    while (LineEndSize() > 0) {
      SkipLineEnd();
    }
  }

  bool ReadField(std::string& field) {
    if (rest_.starts_with('"')) {
      return ReadQuoted(field);
    }
    const std::size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    field = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if ((rest_.empty() || rest_.front() == '\n') && field.ends_with('\r')) {
      field.pop_back();
    }
    if (field.find('"') != std::string::npos) {
      return Fail("a quote inside a field that is not quoted");
    }
    if (field.find_first_of(std::string_view("\0\r", 2)) != std::string::npos) {
      return Fail("a control character in a field");
    }
    return true;
  }

  bool ReadQuoted(std::string& field) {
    rest_.remove_prefix(1);
    while (true) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) {
        return Fail("a quoted field has no closing quote");
      }
      const std::string_view part = rest_.substr(0, quote);
      for (const char c : part) {
        line_ += c == '\n' ? 1 : 0;
      }
      field.append(part);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) {
        break;
      }
      field.push_back('"');
      rest_.remove_prefix(1);
    }
    if (!rest_.empty() && rest_.front() != ',' && LineEndSize() == 0) {
      return Fail("text after a closing quote");
    }
    return true;
  }

  std::string_view rest_;
  std::string_view problem_;
  std::size_t line_ = 1;
};

}  // namespace

std::optional<CsvTable> CsvTable::Parse(std::string_view text, std::string_view file,
                                        std::string& error) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  CsvTable table;
  table.file_ = file;
  RowReader reader(text);
  CsvRow row;
  RowResult result = reader.Next(row);
  if (result == RowResult::kEnd) {
    error = At(file, 1, "the line with the names of the columns is missing");
    return std::nullopt;
  }
  table.columns_ = std::move(row.fields);
  while (result == RowResult::kRow) {
    row = CsvRow{};
    result = reader.Next(row);
    if (result != RowResult::kRow) {
      break;
    }
    if (row.fields.size() != table.columns_.size()) {
      error = table.Complain(row, std::to_string(row.fields.size()) + " fields where " +
                                      std::to_string(table.columns_.size()) + " were expected");
      return std::nullopt;
    }
    table.rows_.push_back(std::move(row));
  }
  if (result == RowResult::kError) {
    error = At(file, reader.line(), reader.problem());
    return std::nullopt;
  }
  return table;
}

std::optional<CsvTable> CsvTable::Read(const std::string& path, std::string& error) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    error = path + ": cannot open the file";
    return std::nullopt;
  }
  std::string text;
  char block[1 << 14];
  while (stream.read(block, sizeof(block)) || stream.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > kMaxFileBytes) {
      error = path + ": the file is larger than 64 MiB";
      return std::nullopt;
    }
  }
  if (stream.bad()) {
    error = path + ": cannot read the file";
    return std::nullopt;
  }
  return Parse(text, path, error);
}

std::optional<std::size_t> CsvTable::Column(std::string_view name, std::string& error) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] == name) {
      return i;
    }
  }
  error = At(file_, 1, "no column is called ").append(name);
  return std::nullopt;
}

std::string CsvTable::Complain(const CsvRow& row, std::string_view problem) const {
  return At(file_, row.line, problem);
}

}  // namespace penstock::stocklist
