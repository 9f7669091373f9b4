// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// codes.md says for each code of server/tlcp/codes.inc which transcript or test makes it occur, or
// why it never does. Here that page is checked against the sources.

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = PENSTOCK_SOURCE_ROOT;
const fs::path kTranscripts = PENSTOCK_TRANSCRIPTS;

struct Code {
  std::string name;  // `SessionCode::kX`
  int number;
};

const std::vector<Code> kCodes = {
#define PENSTOCK_TLCP_SESSION_CODE(enumerator, number, lines, text) \
  {"SessionCode::" #enumerator, number},
#define PENSTOCK_TLCP_REQUEST_CODE(enumerator, number, lines, text) \
  {"RequestCode::" #enumerator, number},
#include "tlcp/codes.inc"
};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Row {
  std::string number;
  std::string where;  // a file, or `never`
  std::string why;
};

// The cells of `| a | b |`; nothing of other lines.
std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| ")) return cells;
  line.remove_prefix(1);
  for (std::size_t bar = 0; (bar = line.find('|')) != std::string_view::npos;) {
    std::string_view cell = line.substr(0, bar);
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    cells.emplace_back(cell);
    line.remove_prefix(bar + 1);
  }
  return cells;
}

std::map<std::string, Row> ReadTable() {
  std::map<std::string, Row> rows;
  std::ifstream page(kTranscripts / "codes.md");
  for (std::string text; std::getline(page, text);) {
    const std::vector<std::string> cells = Cells(text);
    if (cells.size() != 4 || cells[0].find("::") == std::string::npos) continue;
    EXPECT_TRUE(rows.emplace(cells[0], Row{cells[1], cells[2], cells[3]}).second)
        << "twice: " << text;
  }
  return rows;
}

// All of server/ but the table of codes itself.
std::string ReadServer() {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "server")) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "codes.h" && name != "codes.cc") {
      all += ReadAll(entry.path());
    }
  }
  return all;
}

// True if `text` has `tag`, `skip` arguments of any content, and the code.
bool HasLine(std::string_view text, std::string_view tag, int skip, const std::string& number) {
  for (std::size_t at = 0; (at = text.find(tag, at)) != std::string_view::npos;) {
    at += tag.size();
    std::string_view rest = text.substr(at, text.find('\n', at) - at);
    for (int i = 0; i < skip && rest.find(',') != std::string_view::npos; ++i) {
      rest.remove_prefix(rest.find(',') + 1);
    }
    if (rest.starts_with(number + ",")) return true;
  }
  return false;
}

bool HasCode(std::string_view text, const Code& code) {
  const std::string number = std::to_string(code.number);
  if (code.name.starts_with("SessionCode")) {
    return HasLine(text, "CONERR,", 0, number) || HasLine(text, "END,", 0, number);
  }
  return HasLine(text, "REQERR,", 1, number) || HasLine(text, "ERROR,", 0, number) ||
         HasLine(text, "MSGFAIL,", 2, number);
}

// A transcript has the code in a line of the server's; a test names it, or has it in such a line.
bool Shows(const fs::path& file, const Code& code) {
  const std::string text = ReadAll(file);
  if (file.extension() != ".txt") {
    return text.find(code.name) != std::string::npos || HasCode(text, code) ||
           text.find('"' + std::to_string(code.number) + ' ') != std::string::npos;
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('<') && HasCode(line, code)) return true;
  }
  return false;
}

bool Names(std::string_view source, std::string_view name) {
  for (std::size_t at = 0; (at = source.find(name, at)) != std::string_view::npos;) {
    at += name.size();
    if (at == source.size() || std::isalnum(static_cast<unsigned char>(source[at])) == 0) {
      return true;
    }
  }
  return false;
}

TEST(Codes, EachIsMadeToOccurOrNeverDoes) {
  const std::map<std::string, Row> rows = ReadTable();
  const std::string server = ReadServer();
  for (const Code& code : kCodes) {
    const auto row = rows.find(code.name);
    if (row == rows.end()) {
      ADD_FAILURE() << "codes.md has no row for " << code.name << " (" << code.number << ")";
      continue;
    }
    EXPECT_EQ(row->second.number, std::to_string(code.number)) << code.name;
    if (row->second.where == "never") {
      EXPECT_FALSE(row->second.why.empty()) << code.name << " never occurs: why?";
      EXPECT_FALSE(Names(server, code.name))
          << code.name << " is used in server/, so codes.md must name what makes it occur";
    } else {
      fs::path file = kTranscripts / row->second.where;
      if (!fs::exists(file)) file = kRoot / row->second.where;
      ASSERT_TRUE(fs::exists(file)) << "codes.md: no file " << row->second.where;
      EXPECT_TRUE(Shows(file, code)) << row->second.where << " does not show " << code.name;
    }
  }
  EXPECT_EQ(rows.size(), kCodes.size()) << "codes.md has rows of codes that are not there";
}

TEST(Codes, ThereAreEnoughTranscripts) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(kTranscripts)) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") ++count;
  }
  EXPECT_GE(count, 400);
}

}  // namespace
