// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

// Value of a hexadecimal digit of either case, or -1.
constexpr int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Appends `%XX`, upper case.
inline void AppendPercent(std::string& out, unsigned char byte) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// Decodes every `%XX`; all else, '+' included, stays as it is. False, and `out` as it was, on a
// broken escape.
[[nodiscard]] bool AppendPercentDecoded(std::string_view text, std::string& out);

// The same. Nothing on a broken escape.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace penstock
