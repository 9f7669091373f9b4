// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/problems.h"

#include <algorithm>
#include <tuple>

namespace penstock::config {

std::string ToString(const Place& place) {
  if (place.line == 0) return place.file;
  return place.file + ":" + std::to_string(place.line);
}

void Problems::Add(const Place& place, std::string_view key, std::string_view text) {
  const auto file = std::find(files_.begin(), files_.end(), place.file);
  const auto order = static_cast<std::size_t>(file - files_.begin());
  if (file == files_.end()) files_.push_back(place.file);
  std::string line = ToString(place) + ": ";
  if (!key.empty()) line.append(key).append(": ");
  line.append(text);
  entries_.push_back({order, place.line, std::move(line)});
}

Status Problems::ToStatus() const {
  if (entries_.empty()) return OkStatus();
  std::vector<Entry> sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.file_order, a.line) < std::tie(b.file_order, b.line);
  });
  std::string text;
  for (std::size_t i = 0; i < sorted.size() && i < kMostShown; ++i) {
    if (i > 0) text += '\n';
    text += sorted[i].text;
  }
  if (sorted.size() > kMostShown) {
    text += "\nand " + std::to_string(sorted.size() - kMostShown) + " more";
  }
  return InvalidArgument(text);
}

}  // namespace penstock::config
