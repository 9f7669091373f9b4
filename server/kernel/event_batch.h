// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/event.h"

namespace penstock::kernel {

// Events on their way to one other shard, copied once into a few flat arrays. Filled by one
// shard in a turn, then moved to the destination, which reads it. What memory a turn needs is taken
// at once, by the measure of the turn before.
class EventBatch {
 public:
  bool empty() const { return records_.empty(); }

  void Append(SlotRef target, const ItemEvent& event);
  // What is in it, which is empty then.
  EventBatch Take();

  // Calls `visit(target, event)` for each event in order.
  template <class Visitor>
  void ForEach(Visitor&& visit) const {
    std::vector<FieldValue> values;
    values.reserve(most_fields_);
    for (const Record& record : records_) {
      values.clear();
      for (std::uint32_t i = 0; i < record.field_count; ++i) {
        const Field& field = fields_[record.first_field + i];
        values.push_back(
            {field.id, std::string_view(bytes_).substr(field.offset, field.size), field.is_null});
      }
      visit(record.target, ItemEvent{record.kind, record.is_snapshot, record.replaces_state, values,
                                     record.action});
    }
  }

 private:
  struct Record {
    SlotRef target;
    EventKind kind;
    bool is_snapshot;
    bool replaces_state;
    RowAction action;
    std::uint32_t first_field;
    std::uint32_t field_count;
  };
  struct Field {
    FieldId id;
    bool is_null;
    std::uint32_t offset;
    std::uint32_t size;
  };
  struct Sizes {
    std::size_t records = 0;
    std::size_t fields = 0;
    std::size_t bytes = 0;
  };

  std::vector<Record> records_;
  std::vector<Field> fields_;
  std::string bytes_;
  std::size_t most_fields_ = 0;  // of one event
  Sizes expected_;
};

}  // namespace penstock::kernel
