// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace penstock::adapter {

// How a Filter compares a field with a value.
enum class Relation : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// A condition on the values of an item's fields; what a selector stands for (MetadataProvider::
// Selector). The server evaluates it, no call comes per update. An ordinary value:
//   Filter::All({Filter::Compare("price", Relation::kGreater, 100),
//                Filter::Not(Filter::IsNull("volume"))})
// At most 16 levels and 256 comparisons, or the server takes it for an unexpected error.
// Thread: any; an ordinary value.
class Filter {
 public:
  enum class Kind : uint8_t { kAll, kAny, kNot, kCompare };
  // Null, a text or a number.
  using Value = std::variant<std::monostate, std::string, double>;

  // As it stands it holds always: all of none.
  Filter() = default;

  static Filter All(std::vector<Filter> filters) { return Filter(Kind::kAll, std::move(filters)); }
  static Filter Any(std::vector<Filter> filters) { return Filter(Kind::kAny, std::move(filters)); }
  static Filter Not(Filter filter) {
    std::vector<Filter> filters;
    filters.push_back(std::move(filter));
    return Filter(Kind::kNot, std::move(filters));
  }
  // Texts compare by their bytes. Of a field that is null only kNotEqual holds; a field that the
  // item does not have, or not yet, is null.
  static Filter Compare(std::string field, Relation relation, std::string text) {
    return Filter(std::move(field), relation, std::move(text));
  }
  // Only fields that are decimal numbers compare: of others, too, kNotEqual holds and nothing else.
  // A number that is not finite is none to compare to: the server takes it for an unexpected error.
  static Filter Compare(std::string field, Relation relation, double number) {
    return Filter(std::move(field), relation, number);
  }
  static Filter IsNull(std::string field) {
    return Filter(std::move(field), Relation::kEqual, std::monostate());
  }

  Kind kind() const { return kind_; }
  // Of all kinds but kCompare; kNot has one.
  const std::vector<Filter>& filters() const { return filters_; }
  // Of kCompare.
  const std::string& field() const { return field_; }
  Relation relation() const { return relation_; }
  const Value& value() const { return value_; }

 private:
  Filter(Kind kind, std::vector<Filter> filters) : kind_(kind), filters_(std::move(filters)) {}
  Filter(std::string field, Relation relation, Value value)
      : kind_(Kind::kCompare),
        relation_(relation),
        field_(std::move(field)),
        value_(std::move(value)) {}

  Kind kind_ = Kind::kAll;
  Relation relation_ = Relation::kEqual;
  std::vector<Filter> filters_;
  std::string field_;
  Value value_;
};

}  // namespace penstock::adapter
