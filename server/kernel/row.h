// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kernel/event.h"

namespace penstock::kernel {

// The fields that an item has named so far, each with a small number: its place in rows. It only
// grows. A few are looked for one by one, many by hash. Shard: that of its owner.
class FieldTable {
 public:
  std::size_t size() const { return fields_.size(); }
  FieldId at(std::size_t place) const { return fields_[place]; }
  // -1 if there is no such field.
  int Find(FieldId field) const;
  // Adapters name the fields of an item in the same order each time: the place behind the last
  // one that was found is tried first. `hint` starts at 0 for each event.
  std::size_t FindOrAdd(FieldId field, std::size_t* hint);

 private:
  std::size_t Add(FieldId field);

  std::vector<FieldId> fields_;
  absl::flat_hash_map<FieldId, std::uint32_t> index_;  // empty while there are few
};

// A value of each field of an item at one moment, in one piece of memory that is used again for the
// next one: no allocation once it has grown. Shard: that of its owner.
class Row {
 public:
  struct Value {
    std::string_view text;
    bool is_null = true;

    bool operator==(const Value&) const = default;
  };

  // All fields null.
  void Reset(std::size_t fields) {
    cells_.assign(fields, Cell());
    text_.clear();
  }
  void Set(std::size_t place, Value value);
  // The fields of an event, all others null; new ones get a place in `table`.
  void Assign(std::span<const FieldValue> fields, FieldTable* table);
  // Null for places beyond those that Reset() made.
  Value Get(std::size_t place) const {
    if (place >= cells_.size() || cells_[place].size == kNull) return {};
    return {std::string_view(text_).substr(cells_[place].offset, cells_[place].size), false};
  }
  std::size_t size() const { return cells_.size(); }
  std::size_t bytes() const { return text_.size() + cells_.size() * sizeof(Cell); }

 private:
  static constexpr std::uint32_t kNull = UINT32_MAX;
  struct Cell {
    std::uint32_t offset = 0;
    std::uint32_t size = kNull;
  };
  std::vector<Cell> cells_;
  std::string text_;
};

}  // namespace penstock::kernel
