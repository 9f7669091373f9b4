// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/merge_state.h"

namespace penstock::kernel {

int MergeState::Find(FieldId field) const {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].field == field) return static_cast<int>(i);
  }
  return -1;
}

bool MergeState::Set(Slot& slot, std::string_view text, bool is_null, std::uint32_t generation) {
  if (slot.is_null == is_null && (is_null || slot.value == text)) return false;
  slot.is_null = is_null;
  slot.value.assign(is_null ? std::string_view() : text);
  slot.changed = generation;
  return true;
}

bool MergeState::Apply(const ItemEvent& event) {
  const std::uint32_t next = generation_ + 1;
  bool changed = generation_ == 0;
  if (event.replaces_state) {
    for (Slot& slot : slots_) {
      bool present = false;
      for (const FieldValue& value : event.fields) present = present || value.field == slot.field;
      if (!present) changed = Set(slot, {}, true, next) || changed;
    }
  }
  // Adapters name the fields of an item in the same order each time: try the next slot first.
  std::size_t expected = 0;
  for (const FieldValue& value : event.fields) {
    std::size_t at = expected;
    if (at >= slots_.size() || slots_[at].field != value.field) {
      const int found = Find(value.field);
      if (found < 0) {
        slots_.push_back({value.field, 0, true, {}});
        at = slots_.size() - 1;
      } else {
        at = static_cast<std::size_t>(found);
      }
    }
    expected = at + 1;
    changed = Set(slots_[at], value.text, value.is_null, next) || changed;
  }
  if (changed) generation_ = next;
  return changed;
}

bool MergeState::Clear() {
  bool changed = false;
  for (Slot& slot : slots_) changed = Set(slot, {}, true, generation_ + 1) || changed;
  if (changed) ++generation_;
  return changed;
}

void MergeState::CopyTo(std::vector<FieldValue>* fields) const {
  fields->clear();
  for (const Slot& slot : slots_) fields->push_back({slot.field, slot.value, slot.is_null});
}

}  // namespace penstock::kernel
