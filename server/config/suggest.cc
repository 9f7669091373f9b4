// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/suggest.h"

#include <algorithm>

namespace penstock::config {
namespace {

// Names longer than this are nobody's typing error.
constexpr std::size_t kLongestWord = 64;
// A name within the other (session_timeout_millis, timeout_millis) counts from this length on.
constexpr std::size_t kShortestPart = 8;

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

bool IsPartOf(std::string_view part, std::string_view whole) {
  return part.size() >= kShortestPart && whole.find(part) != std::string_view::npos;
}

}  // namespace

std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& known) {
  if (name.empty() || name.size() > kLongestWord) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (!best.empty()) return best;
  for (const std::string_view candidate : known) {
    if (IsPartOf(candidate, name) || IsPartOf(name, candidate)) return candidate;
  }
  return {};
}

std::string Enumerate(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace penstock::config
