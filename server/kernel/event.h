// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/field_names.h"
#include "runtime/shard.h"

namespace penstock::kernel {

enum class Mode : std::uint8_t { kRaw, kMerge, kDistinct, kCommand };

enum class EventKind : std::uint8_t {
  kUpdate,         // some fields have new values
  kEndOfSnapshot,  // what follows is real-time
  kClearSnapshot,  // the adapter forgets what it said
  kSourceLost,     // the adapter went away; a later snapshot replaces the state
};

// The value of one field in an event. `text` lives as long as the event.
struct FieldValue {
  FieldId field;
  std::string_view text;
  bool is_null = false;
};

// What a Data Adapter says about an item; fields that are absent keep their value (MERGE).
struct ItemEvent {
  EventKind kind = EventKind::kUpdate;
  bool is_snapshot = false;
  bool replaces_state = false;  // fields that are absent become null
  std::span<const FieldValue> fields;
};

// Names an object of a shard from anywhere. A reference to a former tenant of the slot is
// recognised by its generation and ignored.
struct SlotRef {
  runtime::ShardIndex shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const SlotRef&) const = default;
};
using ItemRef = SlotRef;       // an Item, on the shard that owns it
using LocalItemRef = SlotRef;  // a LocalItem, on a shard with subscribers

}  // namespace penstock::kernel
