// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/percent.h"

namespace penstock {

bool AppendPercentDecoded(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low < 0) {
      out.resize(before);
      return false;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (!AppendPercentDecoded(text, out)) return std::nullopt;
  return out;
}

}  // namespace penstock
