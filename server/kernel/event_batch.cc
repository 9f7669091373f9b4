// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_batch.h"

#include <algorithm>
#include <utility>

namespace penstock::kernel {

void EventBatch::Append(SlotRef target, const ItemEvent& event) {
  if (records_.empty()) {
    records_.reserve(expected_.records);
    fields_.reserve(expected_.fields);
    bytes_.reserve(expected_.bytes);
  }
  most_fields_ = std::max(most_fields_, event.fields.size());
  records_.push_back({target, event.kind, event.is_snapshot, event.replaces_state, event.action,
                      static_cast<std::uint32_t>(fields_.size()),
                      static_cast<std::uint32_t>(event.fields.size())});
  for (const FieldValue& value : event.fields) {
    fields_.push_back({value.field, value.is_null, static_cast<std::uint32_t>(bytes_.size()),
                       static_cast<std::uint32_t>(value.text.size())});
    bytes_ += value.text;
  }
}

EventBatch EventBatch::Take() {
  EventBatch taken = std::exchange(*this, EventBatch());
  // Turns differ a little.
  const auto with_room = [](std::size_t size) { return size + size / 4; };
  expected_ = {with_room(taken.records_.size()), with_room(taken.fields_.size()),
               with_room(taken.bytes_.size())};
  return taken;
}

}  // namespace penstock::kernel
