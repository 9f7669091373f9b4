// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/row.h"

namespace penstock::kernel {

namespace {
constexpr std::size_t kFew = 32;
}  // namespace

int FieldTable::Find(FieldId field) const {
  if (!index_.empty()) {
    const auto it = index_.find(field);
    return it == index_.end() ? -1 : static_cast<int>(it->second);
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i] == field) return static_cast<int>(i);
  }
  return -1;
}

std::size_t FieldTable::FindOrAdd(FieldId field, std::size_t* hint) {
  std::size_t place = *hint;
  if (place >= fields_.size() || fields_[place] != field) {
    const int found = Find(field);
    place = found < 0 ? Add(field) : static_cast<std::size_t>(found);
  }
  *hint = place + 1;
  return place;
}

std::size_t FieldTable::Add(FieldId field) {
  fields_.push_back(field);
  if (fields_.size() > kFew) {
    // The first time all of them, then one by one.
    for (std::size_t i = index_.size(); i < fields_.size(); ++i) {
      index_.emplace(fields_[i], static_cast<std::uint32_t>(i));
    }
  }
  return fields_.size() - 1;
}

void Row::Set(std::size_t place, Value value) {
  Cell& cell = cells_[place];
  if (value.is_null) {
    cell.size = kNull;
    return;
  }
  cell.offset = static_cast<std::uint32_t>(text_.size());
  cell.size = static_cast<std::uint32_t>(value.text.size());
  text_ += value.text;
}

void Row::Assign(std::span<const FieldValue> fields, FieldTable* table) {
  std::size_t hint = 0;
  for (const FieldValue& value : fields) table->FindOrAdd(value.field, &hint);
  Reset(table->size());
  hint = 0;
  for (const FieldValue& value : fields) {
    Set(table->FindOrAdd(value.field, &hint), {value.text, value.is_null});
  }
}

}  // namespace penstock::kernel
