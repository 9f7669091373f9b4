// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kernel/row.h"

namespace penstock::session {

// What a selector stands for: a condition on the values of an item's fields. A flat program of
// comparisons, each of which says where to go on if it holds and where if not; "all", "any" and
// "not" are in the ways between them and cost nothing when it runs. Shard: any; immutable once it
// is shared.
class Selection {
 public:
  enum class Relation : std::uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
  };
  // Null, a text or a number that a field is compared to.
  using Operand = std::variant<std::monostate, std::string, double>;
  // A comparison, or one of the two ends.
  using Target = std::uint16_t;
  static constexpr Target kHolds = UINT16_MAX;
  static constexpr Target kFails = UINT16_MAX - 1;
  static constexpr std::size_t kMostComparisons = 256;

  // A program is made from its end to its begin, for what a comparison leads to has to be there:
  // that of "all of a and b" from Add(b, kHolds, kFails), to which a leads if it holds.
  // At most kMostComparisons.
  Target Add(std::string_view field, Relation relation, Operand operand, Target if_true,
             Target if_false);
  void StartAt(Target start) { start_ = start; }
  std::size_t comparisons() const { return comparisons_.size(); }

  // The names of the fields that are looked at, each once.
  const std::vector<std::string>& fields() const { return fields_; }
  // `value_of(n)` gives the value of the n-th of them.
  template <class ValueOf>
  bool Holds(const ValueOf& value_of) const {
    Target at = start_;
    while (at < kFails) {
      const Comparison& one = comparisons_[at];
      at = one.Holds(value_of(one.field)) ? one.if_true : one.if_false;
    }
    return at == kHolds;
  }

 private:
  struct Comparison {
    bool Holds(kernel::Row::Value value) const;

    std::uint16_t field;
    Relation relation;
    Target if_true;
    Target if_false;
    Operand operand;
  };

  std::vector<std::string> fields_;
  std::vector<Comparison> comparisons_;
  Target start_ = kHolds;
};

}  // namespace penstock::session
