// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_batch.h"

namespace penstock::kernel {

void EventBatch::Append(SlotRef target, const ItemEvent& event) {
  records_.push_back({target, event.kind, event.is_snapshot, event.replaces_state, event.action,
                      static_cast<std::uint32_t>(fields_.size()),
                      static_cast<std::uint32_t>(event.fields.size())});
  for (const FieldValue& value : event.fields) {
    fields_.push_back({value.field, value.is_null, static_cast<std::uint32_t>(bytes_.size()),
                       static_cast<std::uint32_t>(value.text.size())});
    bytes_ += value.text;
  }
}

}  // namespace penstock::kernel
