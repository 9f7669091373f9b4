// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "session/line_block.h"

namespace penstock::session {

// The data notifications that a session has sent of late, so that they can be sent again to a
// client whose connection broke (TLCP §2.9). An update is a reference to the bytes that all who got
// the same share, and two numbers. Numbers of notifications begin with 1.
//
// Owned by its Session. Shard: own. Invariant: nothing new is added before all that was rewound is
// sent again.
class RecoveryLog {
 public:
  explicit RecoveryLog(std::size_t max_bytes)
      : max_bytes_(static_cast<std::uint32_t>(std::min<std::size_t>(max_bytes, UINT32_MAX))) {}

  // Notifications that were composed so far, and that the current link was given.
  std::uint64_t total() const { return total_; }
  std::uint64_t sent() const { return sent_; }
  // Of the last notification that is not kept any more.
  std::uint64_t dropped() const { return dropped_; }
  // What is kept costs, if nobody shares it.
  std::size_t bytes() const { return bytes_; }

  // `U,<sub_id>,<item>,<tail>` was sent.
  void AddUpdate(int sub_id, int item, LineBlock tail);
  // Whole lines were sent, all of them data notifications.
  void AddLines(std::string_view lines);

  // The client has the first `prog` notifications, of whatever links: the others are to be sent
  // again. False if that cannot be, because they are not kept, or because so many never were.
  bool Rewind(std::uint64_t prog);
  // Appends what is to be sent again as long as `out` does not grow beyond `most`, one line at
  // least. False if there is more.
  bool Resend(std::size_t most, std::string& out);
  bool resending() const { return sent_ != total_; }
  // The client has all that the link was given.
  void Confirm() { DropUpTo(sent_); }

  // A hint: the next notification comes soon.
  void PrefetchEnds() const;

  // Drops the oldest beyond the bound; the last one stays in any case.
  void Trim();
  // Drops what was sent more than `keep` ago, with a precision of another `keep`.
  void Age(TimePoint now, Duration keep);

 private:
  struct Entry {
    LineBlock block;
    std::int32_t sub_id = 0;
    std::int32_t item = 0;  // 0: `block` holds whole lines, `sub_id` of them
    std::uint64_t lines() const { return item == 0 ? static_cast<std::uint64_t>(sub_id) : 1; }
  };

  static std::size_t CostOf(const Entry& entry) { return sizeof(Entry) + entry.block.size(); }
  Entry& At(std::uint32_t index) const { return ring_[(head_ + index) & (room_ - 1)]; }
  void Push(Entry entry);
  void PopFront();
  void DropUpTo(std::uint64_t prog);

  const std::uint32_t max_bytes_;
  std::uint32_t room_ = 0;  // of the ring; a power of two
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
  std::unique_ptr<Entry[]> ring_;
  std::size_t bytes_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t dropped_ = 0;
  // For Age(): `total_` at the last two looks.
  TimePoint aged_at_{};
  std::uint64_t total_then_ = 0;
  std::uint64_t total_before_ = 0;
};
static_assert(sizeof(RecoveryLog) <= 80, "each session with subscriptions has one");

}  // namespace penstock::session
