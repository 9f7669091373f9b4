// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/command_table.h"

namespace penstock::kernel {

std::optional<RowCommand> ReadRowCommand(const ItemEvent& event) {
  RowCommand command;
  bool has_key = false;
  for (const FieldValue& value : event.fields) {
    if (value.field == kKeyField) {
      has_key = !value.is_null;
      command.key = value.text;
    } else if (value.field == kCommandField && !value.is_null) {
      if (value.text == CommandText(RowAction::kAdd)) command.action = RowAction::kAdd;
      if (value.text == CommandText(RowAction::kUpdate)) command.action = RowAction::kUpdate;
      if (value.text == CommandText(RowAction::kDelete)) command.action = RowAction::kDelete;
    }
  }
  if (!has_key || command.action == RowAction::kNone) return std::nullopt;
  return command;
}

CommandTable::TableRow* CommandTable::Find(std::string_view key) {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : &*it->second;
}

const CommandTable::TableRow* CommandTable::Find(std::string_view key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : &*it->second;
}

RowAction CommandTable::Normalise(const RowCommand& asked) const {
  const bool known = by_key_.contains(asked.key);
  if (asked.action == RowAction::kDelete) return known ? RowAction::kDelete : RowAction::kNone;
  return known ? RowAction::kUpdate : RowAction::kAdd;
}

void CommandTable::Fill(const RowCommand& command, const Row* base,
                        std::span<const FieldValue> fields, Row* out) {
  std::size_t hint = 0;
  const std::size_t key_place = fields_.FindOrAdd(kKeyField, &hint);
  const std::size_t command_place = fields_.FindOrAdd(kCommandField, &hint);
  for (const FieldValue& value : fields) fields_.FindOrAdd(value.field, &hint);
  values_.assign(fields_.size(), Row::Value());
  if (base != nullptr) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = base->Get(i);
  }
  if (command.action != RowAction::kDelete) {
    hint = 0;
    for (const FieldValue& value : fields) {
      values_[fields_.FindOrAdd(value.field, &hint)] = {value.text, value.is_null};
    }
  }
  values_[key_place] = {command.key, false};
  values_[command_place] = {CommandText(command.action), false};
  out->Reset(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) out->Set(i, values_[i]);
}

CommandTable::TableRow* CommandTable::Apply(const RowCommand& command, bool whole,
                                            std::span<const FieldValue> fields, Row* out) {
  TableRow* row = Find(command.key);
  const bool keeps = command.action == RowAction::kUpdate && !whole && row != nullptr;
  Fill(command, keeps ? &row->row : nullptr, fields, out);
  if (command.action == RowAction::kDelete) {
    if (const auto it = by_key_.find(command.key); it != by_key_.end()) {
      const Rows::iterator at = it->second;
      by_key_.erase(it);
      rows_.erase(at);
    }
    return nullptr;
  }
  if (row == nullptr) {
    row = &rows_.emplace_back();
    row->key = command.key;
    by_key_.emplace(row->key, std::prev(rows_.end()));
  }
  row->row = *out;
  row->confirmed = true;
  return row;
}

void CommandTable::Clear() {
  by_key_.clear();
  rows_.clear();
}

void CommandTable::BeginReplacement() {
  for (TableRow& row : rows_) row.confirmed = false;
}

bool CommandTable::Confirms(const RowCommand& command, std::span<const FieldValue> fields) {
  TableRow* const row = Find(command.key);
  if (row == nullptr) return false;
  Fill(command, nullptr, fields, &compared_);
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    if (fields_.at(i) != kCommandField && compared_.Get(i) != row->row.Get(i)) return false;
  }
  row->confirmed = true;
  return true;
}

std::vector<std::string> CommandTable::Unconfirmed() const {
  std::vector<std::string> keys;
  for (const TableRow& row : rows_) {
    if (!row.confirmed) keys.push_back(row.key);
  }
  return keys;
}

}  // namespace penstock::kernel
