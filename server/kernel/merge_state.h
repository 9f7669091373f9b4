// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/event.h"
#include "kernel/row.h"

namespace penstock::kernel {

using Generation = std::uint64_t;

// The current value of each field of an item, and in which generation each last changed: what was
// changed since any earlier generation can be told without remembering the events between.
// Values are copied in, into strings that keep their capacity. Shard: that of its owner.
class MergeState {
 public:
  // The former values of a field whose values may go out as differences.
  struct Past {
    static constexpr std::size_t kValues = 16;
    struct Entry {
      Generation changed = 0;  // 0: none
      bool is_null = true;
      std::string value;
    };
    std::array<Entry, kValues> entries;
    std::size_t next = 0;
    std::size_t bytes = 0;
  };
  struct Slot {
    FieldId field;
    Generation changed = 0;  // the generation that brought this value
    bool is_null = true;
    std::string value;
    std::unique_ptr<Past> past;  // null: former values are not kept
  };
  // A former or present value, and the generation that brought it.
  struct Known {
    Row::Value value;
    Generation changed = 0;
  };

  // 0 while nothing is known; then grows by one with each event that changed something.
  Generation generation() const { return generation_; }
  const std::vector<Slot>& slots() const { return slots_; }
  // Index into slots(), or -1.
  int Find(FieldId field) const { return fields_.Find(field); }

  // Takes an update over; true if anything changed (the first update always does).
  bool Apply(const ItemEvent& event);
  // Every field becomes null; true if any was not.
  bool Clear();
  // All known fields, for an event that replaces the state of another MergeState.
  void CopyTo(std::vector<FieldValue>* fields) const;
  // The fields that changed after `since`.
  void CopyChanges(Generation since, std::vector<FieldValue>* fields) const;
  void CopyTo(Row* row) const;

  // From now on the former values of the slot are remembered, as far as memory is granted.
  void KeepPast(std::size_t slot);
  // What the slot held in `generation`; nothing if that is no longer known.
  std::optional<Known> ValueAt(std::size_t slot, Generation generation) const;

 private:
  bool Set(Slot& slot, std::string_view text, bool is_null, Generation generation);

  Generation generation_ = 0;
  FieldTable fields_;  // their places are the indexes of the slots
  std::vector<Slot> slots_;
  std::vector<bool> named_;  // scratch
};

}  // namespace penstock::kernel
