// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/row.h"

namespace penstock::kernel {

int FieldTable::Find(FieldId field) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i] == field) return static_cast<int>(i);
  }
  return -1;
}

std::size_t FieldTable::FindOrAdd(FieldId field, std::size_t* hint) {
  std::size_t place = *hint;
  if (place >= fields_.size() || fields_[place] != field) {
    const int found = Find(field);
    if (found < 0) fields_.push_back(field);
    place = found < 0 ? fields_.size() - 1 : static_cast<std::size_t>(found);
  }
  *hint = place + 1;
  return place;
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
