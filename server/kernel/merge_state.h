// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/event.h"

namespace penstock::kernel {

// The current value of each field of an item, and in which generation each last changed: what was
// changed since any earlier generation can be told without remembering the events between.
// Values are copied in, into strings that keep their capacity. Shard: that of its owner.
class MergeState {
 public:
  struct Slot {
    FieldId field;
    std::uint32_t changed = 0;  // the generation that brought this value
    bool is_null = true;
    std::string value;
  };

  // 0 while nothing is known; then grows by one with each event that changed something.
  std::uint32_t generation() const { return generation_; }
  const std::vector<Slot>& slots() const { return slots_; }
  // Index into slots(), or -1.
  int Find(FieldId field) const;

  // Takes an update over; true if anything changed (the first update always does).
  bool Apply(const ItemEvent& event);
  // Every field becomes null; true if any was not.
  bool Clear();
  // All known fields, for an event that replaces the state of another MergeState.
  void CopyTo(std::vector<FieldValue>* fields) const;

 private:
  bool Set(Slot& slot, std::string_view text, bool is_null, std::uint32_t generation);

  std::uint32_t generation_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace penstock::kernel
