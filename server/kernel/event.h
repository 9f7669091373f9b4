// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernel/field_names.h"
#include "runtime/shard.h"

namespace penstock::kernel {

enum class Mode : std::uint8_t { kRaw, kMerge, kDistinct, kCommand };

// How subscribers look at an item: its mode, and for COMMAND whether UPDATEs may be merged, since
// what is kept for the two differs. Each view of an item has a LocalItem of its own.
enum class View : std::uint8_t { kRaw, kMerge, kDistinct, kCommand, kCommandUnfiltered };

constexpr Mode ModeOf(View view) {
  return view == View::kCommandUnfiltered ? Mode::kCommand : static_cast<Mode>(view);
}

enum class EventKind : std::uint8_t {
  kUpdate,         // some fields have new values
  kEndOfSnapshot,  // what follows is real-time
  kClearSnapshot,  // the adapter forgets what it said
  kSourceLost,     // the adapter is away; `replaces_state`: a later snapshot replaces the state
  kSourceResumed,  // the adapter is back and goes on where it was: nothing is replaced
  kDiffOrder,      // how values of fields may be sent as differences: `text` holds the letters
};

// What happens to the row of a COMMAND item.
enum class RowAction : std::uint8_t { kNone, kAdd, kUpdate, kDelete };

constexpr std::string_view CommandText(RowAction action) {
  switch (action) {
    case RowAction::kAdd:
      return "ADD";
    case RowAction::kUpdate:
      return "UPDATE";
    case RowAction::kDelete:
      return "DELETE";
    case RowAction::kNone:
      break;
  }
  return "";
}

// The value of one field in an event. `text` lives as long as the event.
struct FieldValue {
  FieldId field;
  std::string_view text;
  bool is_null = false;
};

// What a Data Adapter says about an item. Fields that are absent keep their value in MERGE and in
// a COMMAND UPDATE; else they are null.
struct ItemEvent {
  EventKind kind = EventKind::kUpdate;
  bool is_snapshot = false;
  bool replaces_state = false;  // fields that are absent become null
  std::span<const FieldValue> fields;
  RowAction action = RowAction::kNone;  // COMMAND, from the item on: what the event really does
};

// Where an event stands in the flow of a view: its number, from 1, and how many clears came behind
// it. 56 bits of numbers last longer than any process.
class Position {
 public:
  constexpr Position() = default;
  constexpr explicit Position(std::uint64_t event, std::uint8_t clears = 0)
      : value_(event << 8 | clears) {}

  constexpr std::uint64_t event() const { return value_ >> 8; }
  constexpr std::uint8_t clears() const { return static_cast<std::uint8_t>(value_); }
  constexpr std::uint64_t value() const { return value_; }
  constexpr auto operator<=>(const Position&) const = default;

 private:
  std::uint64_t value_ = 0;
};

// What the Metadata Adapter says of an item whoever subscribes it (ari.md §3.6).
struct ItemTraits {
  int distinct_snapshot_length = 0;  // events of DISTINCT kept for later subscribers
  double min_source_frequency = 0;   // prefilter of MERGE and DISTINCT, updates/s; 0 = none
  // In which mode the state is kept while nobody has chosen one: that which is allowed beside RAW.
  Mode kept_mode = Mode::kMerge;
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
