// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/xml_params.h"

#include <algorithm>

namespace penstock::config {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool SameName(std::string_view a, std::string_view b) { return Lower(a) == Lower(b); }

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    const std::string_view part = Trim(text.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

const XmlParams::Param* XmlParams::Take(std::string_view name) {
  const Param* found = nullptr;
  for (Param& param : params_) {
    if (!SameName(param.name, name)) continue;
    param.taken = true;
    if (found == nullptr && !param.value.empty()) found = &param;
  }
  return found;
}

}  // namespace penstock::config
