// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/event.h"
#include "kernel/row.h"

namespace penstock::kernel {

// The last events of a view, shared by all subscribers: each has a place in it and nothing of its
// own. Bounded: at the limit the oldest events go, and a subscriber that still wanted them can
// tell exactly how many it lost. A ring whose entries are used again: no allocation once it has
// grown. Shard: that of its owner.
class EventLog {
 public:
  struct Entry {
    Position position;
    RowAction action = RowAction::kNone;  // COMMAND
    bool is_clear = false;                // no row
    bool is_snapshot = false;             // MERGE
    bool superseded = false;              // COMMAND: an UPDATE with a later event of the same key
    std::uint64_t structural = 0;         // ADDs and DELETEs up to here, this one included
    std::size_t bytes = 0;                // of the row; known when the next entry comes
    Row row;
  };

  // Events up to `start` are those before the log.
  explicit EventLog(Position start) : end_(start), dropped_(start) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const Entry& operator[](std::size_t index) const { return ring_[(head_ + index) & mask()]; }
  Entry& operator[](std::size_t index) { return ring_[(head_ + index) & mask()]; }

  // Of the last entry, dropped or not.
  Position end() const { return end_; }
  // Of the last entry that was dropped for want of room or because nobody needed it.
  Position dropped() const { return dropped_; }
  std::uint64_t dropped_structural() const { return dropped_structural_; }
  // Of the last clear ever, and of the last one among those dropped; zero if there was none.
  Position last_clear() const { return last_clear_; }
  Position dropped_clear() const { return dropped_clear_; }
  std::uint64_t structural() const { return structural_; }

  const Entry* Find(Position position) const;
  // The first entry behind `position`; null at the end.
  const Entry* After(Position position) const;
  // Is there a clear behind `after`, up to `last`? Of those that were not dropped.
  bool HasClear(Position after, Position last) const;
  Entry* Mutable(Position position) { return const_cast<Entry*>(Find(position)); }

  // At the most so many entries; never lowered. And as many bytes, though one entry always stays.
  void RaiseLimit(std::size_t limit) {
    if (limit > limit_) limit_ = limit;
  }
  void LimitBytes(std::size_t bytes) { limit_bytes_ = bytes; }
  std::size_t bytes() const { return bytes_; }

  // Appends an entry whose row is to be filled; `event` numbers grow by one.
  Entry& AppendEvent(RowAction action = RowAction::kNone, bool is_snapshot = false);
  void AppendClear();

  // Drops the entries before `keep`.
  void TrimBefore(Position keep);
  // At the limit: drops the superseded entries, which count as merged, and if those were few the
  // oldest ones too, so that it takes a while until it has to be done again.
  void MakeRoom();

 private:
  std::size_t mask() const { return ring_.size() - 1; }
  // The last entry has its row by now.
  void Weigh();
  Entry& PushBack();
  void PopFront();
  // Index of the first entry not before `position`.
  std::size_t LowerBound(Position position) const;

  std::vector<Entry> ring_;  // a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t limit_ = 1;
  std::size_t limit_bytes_ = SIZE_MAX;
  std::size_t bytes_ = 0;  // of all but the last entry
  bool sparse_ = false;    // numbers are missing, or clears are among the entries
  Position end_;
  Position dropped_;
  Position last_clear_;
  Position dropped_clear_;
  std::uint64_t structural_ = 0;
  std::uint64_t dropped_structural_ = 0;
};

}  // namespace penstock::kernel
