// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/recovery_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "tlcp/update_encoder.h"

namespace penstock::session {

void RecoveryLog::AddUpdate(int sub_id, int item, LineBlock tail) {
  Push({std::move(tail), sub_id, item});
}

void RecoveryLog::AddLines(std::string_view lines) {
  const auto count = static_cast<std::int32_t>(std::count(lines.begin(), lines.end(), '\n'));
  if (count > 0) Push({LineBlock(lines), count, 0});
}

void RecoveryLog::Push(Entry entry) {
  PENSTOCK_DCHECK(!resending());
  if (size_ == room_) {
    const std::uint32_t room = std::max(1u, 2 * room_);
    auto grown = std::make_unique<Entry[]>(room);
    for (std::uint32_t i = 0; i < size_; ++i) grown[i] = std::move(At(i));
    ring_ = std::move(grown);
    room_ = room;
    head_ = 0;
  }
  total_ += entry.lines();
  sent_ = total_;
  bytes_ += CostOf(entry);
  At(size_++) = std::move(entry);
}

void RecoveryLog::PrefetchEnds() const {
  if (ring_ == nullptr) return;
  Prefetch(&ring_[head_]);
  Prefetch(&At(size_));
}

void RecoveryLog::PopFront() {
  Entry& front = At(0);
  dropped_ += front.lines();
  bytes_ -= CostOf(front);
  front.block.Reset();
  head_ = (head_ + 1) & (room_ - 1);
  --size_;
}

void RecoveryLog::DropUpTo(std::uint64_t prog) {
  while (size_ > 0 && dropped_ + At(0).lines() <= prog) PopFront();
  if (size_ != 0) return;
  ring_.reset();
  room_ = head_ = 0;
}

void RecoveryLog::Trim() {
  while (size_ > 1 && bytes_ > max_bytes_ && dropped_ + At(0).lines() <= sent_) PopFront();
}

void RecoveryLog::Age(TimePoint now, Duration keep) {
  if (now - aged_at_ < keep) return;
  DropUpTo(std::min(total_before_, sent_));
  aged_at_ = now;
  total_before_ = std::exchange(total_then_, total_);
}

bool RecoveryLog::Rewind(std::uint64_t prog) {
  if (prog < dropped_ || prog > total_) return false;
  sent_ = prog;
  return true;
}

bool RecoveryLog::Resend(std::size_t most, std::string& out) {
  std::uint64_t first = dropped_;  // notifications before the entry
  bool any = false;
  const auto has_room = [&](std::size_t before) {
    if (!any || out.size() <= most) return any = true;
    out.resize(before);
    return false;
  };
  for (std::uint32_t i = 0; i < size_; first += At(i++).lines()) {
    const Entry& entry = At(i);
    if (first + entry.lines() <= sent_) continue;
    const std::size_t before = out.size();
    if (entry.item != 0) {
      tlcp::AppendUpdatePrefix(entry.sub_id, entry.item, out);
      out += entry.block;
      if (!has_room(before)) return false;
      ++sent_;
      continue;
    }
    std::string_view lines = entry.block;
    for (std::uint64_t number = first + 1; !lines.empty(); ++number) {
      const std::string_view line = lines.substr(0, lines.find('\n') + 1);
      lines.remove_prefix(line.size());
      if (number <= sent_) continue;
      const std::size_t end = out.size();
      out += line;
      if (!has_room(end)) return false;
      ++sent_;
    }
  }
  return true;
}

}  // namespace penstock::session
