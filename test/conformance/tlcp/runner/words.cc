// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runner/words.h"

#include "base/parse_number.h"
#include "base/percent.h"

namespace penstock::transcript {

namespace {

// The character that an escape stands for; takes it off the front of `rest`.
std::optional<char> TakeEscape(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const char name = rest[0];
  rest.remove_prefix(1);
  switch (name) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
    case '"':
      return name;
    case 'x': {
      if (rest.size() < 2 || HexValue(rest[0]) < 0 || HexValue(rest[1]) < 0) return std::nullopt;
      const int byte = HexValue(rest[0]) * 16 + HexValue(rest[1]);
      rest.remove_prefix(2);
      return static_cast<char>(byte);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' && !quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      continue;
    }
    word += c;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted && i + 1 < text.size()) word += text[++i];
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<Value> ReadValue(std::string_view word) {
  if (word == "null") return Value{true, {}};
  if (!word.starts_with('"')) return Value{false, std::string(word)};
  if (word.size() < 2 || !word.ends_with('"')) return std::nullopt;
  word = word.substr(1, word.size() - 2);
  Value value;
  while (!word.empty()) {
    const char c = word[0];
    word.remove_prefix(1);
    if (c != '\\') {
      value.text += c;
      continue;
    }
    const std::optional<char> meant = TakeEscape(word);
    if (!meant) return std::nullopt;
    value.text += *meant;
  }
  return value;
}

std::string Expand(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end =
        text.size() > 3 && text[0] == '{' && text[2] == '*' ? text.find('}') : std::string::npos;
    const std::optional<std::size_t> count =
        end == std::string_view::npos ? std::nullopt
                                      : ParseNumber<std::size_t>(text.substr(3, end - 3));
    if (count) {
      out.append(*count, text[1]);
      text.remove_prefix(end + 1);
    } else {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace penstock::transcript
