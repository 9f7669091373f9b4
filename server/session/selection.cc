// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/selection.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/check.h"

namespace penstock::session {

namespace {

using Relation = Selection::Relation;

template <class T>
bool Compare(const T& left, Relation relation, const T& right) {
  switch (relation) {
    case Relation::kEqual:
      return left == right;
    case Relation::kNotEqual:
      return left != right;
    case Relation::kLess:
      return left < right;
    case Relation::kLessOrEqual:
      return left <= right;
    case Relation::kGreater:
      return left > right;
    case Relation::kGreaterOrEqual:
      return left >= right;
  }
  return false;
}

// All of `text` is a number: "-1.5", "+2", "1e3".
std::optional<double> ToNumber(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

bool Selection::Comparison::Holds(kernel::Row::Value value) const {
  if (const auto* const text = std::get_if<std::string>(&operand)) {
    if (value.is_null) return relation == Relation::kNotEqual;
    return Compare(value.text, relation, std::string_view(*text));
  }
  if (const auto* const number = std::get_if<double>(&operand)) {
    const std::optional<double> mine = value.is_null ? std::nullopt : ToNumber(value.text);
    if (!mine) return relation == Relation::kNotEqual;
    return Compare(*mine, relation, *number);
  }
  return value.is_null == (relation == Relation::kEqual);
}

Selection::Target Selection::Add(std::string_view field, Relation relation, Operand operand,
                                 Target if_true, Target if_false) {
  PENSTOCK_CHECK(comparisons_.size() < kMostComparisons);
  const auto known = std::find(fields_.begin(), fields_.end(), field);
  const auto at = static_cast<std::uint16_t>(known - fields_.begin());
  if (known == fields_.end()) fields_.emplace_back(field);
  comparisons_.push_back({at, relation, if_true, if_false, std::move(operand)});
  return static_cast<Target>(comparisons_.size() - 1);
}

}  // namespace penstock::session
