// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_log.h"

#include <algorithm>
#include <utility>

namespace penstock::kernel {

namespace {
constexpr std::size_t kSmallestRing = 4;
// A ring that is so much too large after a burst gives its memory back.
constexpr std::size_t kShrinkBeyond = 64;
}  // namespace

std::size_t EventLog::LowerBound(Position position) const {
  if (size_ == 0 || position <= (*this)[0].position) return 0;
  if (!sparse_) {
    const std::uint64_t distance = position.event() - (*this)[0].position.event();
    const std::size_t index = static_cast<std::size_t>(distance) + (position.clears() > 0 ? 1 : 0);
    return std::min(index, size_);
  }
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if ((*this)[middle].position < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

const EventLog::Entry* EventLog::Find(Position position) const {
  const std::size_t index = LowerBound(position);
  if (index >= size_ || (*this)[index].position != position) return nullptr;
  return &(*this)[index];
}

const EventLog::Entry* EventLog::After(Position position) const {
  std::size_t index = LowerBound(position);
  if (index < size_ && (*this)[index].position == position) ++index;
  return index < size_ ? &(*this)[index] : nullptr;
}

bool EventLog::HasClear(Position after, Position last) const {
  if (last_clear_ <= after) return false;
  for (std::size_t i = LowerBound(after); i < size_ && (*this)[i].position <= last; ++i) {
    if ((*this)[i].is_clear && (*this)[i].position > after) return true;
  }
  return false;
}

EventLog::Entry& EventLog::PushBack() {
  if (size_ == ring_.size()) {
    std::vector<Entry> larger(std::max(kSmallestRing, 2 * ring_.size()));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
    ring_ = std::move(larger);
    head_ = 0;
  }
  ++size_;
  return (*this)[size_ - 1];
}

void EventLog::PopFront() {
  const Entry& entry = (*this)[0];
  dropped_ = entry.position;
  dropped_structural_ = entry.structural;
  if (entry.is_clear) dropped_clear_ = entry.position;
  bytes_ -= entry.bytes;
  head_ = (head_ + 1) & mask();
  --size_;
}

void EventLog::Weigh() {
  if (size_ == 0) return;
  Entry& last = (*this)[size_ - 1];
  if (last.bytes != 0 || last.is_clear) return;
  last.bytes = last.row.bytes();
  bytes_ += last.bytes;
  while (bytes_ > limit_bytes_ && size_ > 1) PopFront();
}

EventLog::Entry& EventLog::AppendEvent(RowAction action, bool is_snapshot) {
  Weigh();
  while (size_ >= limit_) PopFront();
  if (size_ == 0) sparse_ = false;
  end_ = Position(end_.event() + 1);
  if (action == RowAction::kAdd || action == RowAction::kDelete) ++structural_;
  Entry& entry = PushBack();
  entry.position = end_;
  entry.action = action;
  entry.is_clear = false;
  entry.is_snapshot = is_snapshot;
  entry.superseded = false;
  entry.structural = structural_;
  entry.bytes = 0;
  return entry;
}

void EventLog::AppendClear() {
  if (end_.clears() == UINT8_MAX) return;  // nothing came between so many
  Weigh();
  while (size_ >= limit_) PopFront();
  end_ = Position(end_.event(), static_cast<std::uint8_t>(end_.clears() + 1));
  last_clear_ = end_;
  sparse_ = true;
  Entry& entry = PushBack();
  entry.position = end_;
  entry.action = RowAction::kNone;
  entry.is_clear = true;
  entry.is_snapshot = false;
  entry.superseded = false;
  entry.structural = structural_;
  entry.bytes = 0;
}

void EventLog::TrimBefore(Position keep) {
  while (size_ > 0 && (*this)[0].position < keep) PopFront();
  if (ring_.size() > kShrinkBeyond && size_ < ring_.size() / 8) {
    std::vector<Entry> smaller(ring_.size() / 4);
    for (std::size_t i = 0; i < size_; ++i) smaller[i] = std::move((*this)[i]);
    ring_ = std::move(smaller);
    head_ = 0;
  }
}

void EventLog::MakeRoom() {
  Weigh();
  if (size_ < limit_ && bytes_ <= limit_bytes_ - limit_bytes_ / 4) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if ((*this)[i].superseded) {
      bytes_ -= (*this)[i].bytes;
      continue;
    }
    if (kept != i) std::swap((*this)[kept], (*this)[i]);
    ++kept;
  }
  if (kept != size_) sparse_ = true;
  size_ = kept;
  while (size_ > 0 && (size_ > limit_ - limit_ / 4 || bytes_ > limit_bytes_ / 2)) PopFront();
}

}  // namespace penstock::kernel
