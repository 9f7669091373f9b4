// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/selector_conversion.h"

#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

namespace penstock::adapters {

namespace {

namespace pb = penstock::adapter::v1;
using pb::Filter;
using session::Selection;
using Comparison = pb::Filter::Comparison;
using Target = Selection::Target;

constexpr int kMostLevels = 16;
constexpr std::size_t kMostFilters = 1024;
constexpr std::size_t kMostFieldBytes = 1024;
constexpr std::size_t kMostTextBytes = 4096;

std::optional<Selection::Relation> ToRelation(Comparison::Operator relation) {
  switch (relation) {
    case Comparison::OPERATOR_EQUAL:
      return Selection::Relation::kEqual;
    case Comparison::OPERATOR_NOT_EQUAL:
      return Selection::Relation::kNotEqual;
    case Comparison::OPERATOR_LESS:
      return Selection::Relation::kLess;
    case Comparison::OPERATOR_LESS_OR_EQUAL:
      return Selection::Relation::kLessOrEqual;
    case Comparison::OPERATOR_GREATER:
      return Selection::Relation::kGreater;
    case Comparison::OPERATOR_GREATER_OR_EQUAL:
      return Selection::Relation::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

// One tree of filters on its way into a program.
class Compiler {
 public:
  explicit Compiler(Selection* out) : out_(*out) {}

  // Where `filter` begins, if it leads to `if_true` and `if_false`.
  std::optional<Target> Compile(const Filter& filter, Target if_true, Target if_false, int level) {
    if (level > kMostLevels || ++filters_ > kMostFilters) return std::nullopt;
    switch (filter.kind_case()) {
      case Filter::kAll:
        return CompileAll(filter.all(), if_true, if_false, level);
      case Filter::kAny:
        return CompileAny(filter.any(), if_true, if_false, level);
      case Filter::kNegation:
        return Compile(filter.negation(), if_false, if_true, level + 1);
      case Filter::kCompare:
        return CompileComparison(filter.compare(), if_true, if_false);
      case Filter::KIND_NOT_SET:
        break;
    }
    return std::nullopt;
  }

 private:
  // The last one first: each leads to the one behind it.
  std::optional<Target> CompileAll(const Filter::List& list, Target if_true, Target if_false,
                                   int level) {
    std::optional<Target> next = if_true;
    for (int i = list.filters_size(); i > 0 && next; --i) {
      next = Compile(list.filters(i - 1), *next, if_false, level + 1);
    }
    return next;
  }
  std::optional<Target> CompileAny(const Filter::List& list, Target if_true, Target if_false,
                                   int level) {
    std::optional<Target> next = if_false;
    for (int i = list.filters_size(); i > 0 && next; --i) {
      next = Compile(list.filters(i - 1), if_true, *next, level + 1);
    }
    return next;
  }
  std::optional<Target> CompileComparison(const Comparison& comparison, Target if_true,
                                          Target if_false) {
    const std::optional<Selection::Relation> relation = ToRelation(comparison.relation());
    const std::string& field = comparison.field();
    if (!relation || field.empty() || field.size() > kMostFieldBytes) return std::nullopt;
    if (out_.comparisons() == Selection::kMostComparisons) return std::nullopt;
    Selection::Operand operand;
    if (comparison.has_text()) {
      if (comparison.text().size() > kMostTextBytes) return std::nullopt;
      operand = comparison.text();
    } else if (comparison.has_number()) {
      if (!std::isfinite(comparison.number())) return std::nullopt;
      operand = comparison.number();
    } else if (relation > Selection::Relation::kNotEqual) {
      return std::nullopt;
    }
    return out_.Add(field, *relation, std::move(operand), if_true, if_false);
  }

  Selection& out_;
  std::size_t filters_ = 0;
};

}  // namespace

std::shared_ptr<const Selection> ToSelection(const pb::Selector& selector) {
  auto made = std::make_shared<Selection>();
  const std::optional<Target> start =
      Compiler(made.get()).Compile(selector.filter(), Selection::kHolds, Selection::kFails, 1);
  if (!start) return nullptr;
  made->StartAt(*start);
  return made;
}

}  // namespace penstock::adapters
