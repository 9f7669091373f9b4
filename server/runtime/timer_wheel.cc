// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace penstock::runtime {

namespace {
constexpr auto kTick = std::chrono::milliseconds(1);
}  // namespace

void WheelTimer::Cancel() {
  if (next == nullptr) return;
  prev->next = next;
  next->prev = prev;
  next = prev = nullptr;
}

TimerWheel::TimerWheel(TimePoint start) : start_(start) {
  for (auto& level : slots_) {
    for (TimerLink& head : level) head.next = head.prev = &head;
  }
}

TimerWheel::~TimerWheel() {
  for (auto& level : slots_) {
    for (TimerLink& head : level) {
      while (head.next != &head) static_cast<WheelTimer*>(head.next)->Cancel();
      head.next = head.prev = nullptr;
    }
  }
}

// Rounded up so that no timer fires early; the current tick has been processed already.
std::uint64_t TimerWheel::TickOf(TimePoint deadline) const {
  const auto since = std::max(deadline - start_, Duration::zero());
  const auto tick = static_cast<std::uint64_t>((since + kTick - Duration(1)) / kTick);
  return std::max(tick, current_ + 1);
}

void TimerWheel::Arm(WheelTimer& timer, TimePoint deadline) {
  timer.Cancel();
  timer.tick_ = TickOf(deadline);
  Insert(timer);
}

void TimerWheel::ArmBy(WheelTimer& timer, TimePoint deadline) {
  if (!timer.armed() || TickOf(deadline) < timer.tick_) Arm(timer, deadline);
}

void TimerWheel::Insert(WheelTimer& timer) {
  const std::uint64_t delta = timer.tick_ - current_;
  int level = 0;
  while (level < kLevels - 1 && delta >= (std::uint64_t{1} << (kBits * (level + 1)))) ++level;
  const std::uint64_t reach = (std::uint64_t{1} << (kBits * kLevels)) - 1;
  const std::uint64_t tick = std::min(timer.tick_, current_ + reach);
  const auto slot = static_cast<std::size_t>((tick >> (kBits * level)) & (kSlots - 1));
  occupied_[level][slot / 64] |= std::uint64_t{1} << (slot % 64);
  TimerLink& head = slots_[level][slot];
  timer.prev = head.prev;
  timer.next = &head;
  head.prev->next = &timer;
  head.prev = &timer;
}

void TimerWheel::Cascade(int level) {
  TimerLink& head = slots_[level][(current_ >> (kBits * level)) & (kSlots - 1)];
  TimerLink moved;
  if (head.next == &head) return;
  moved.next = head.next;
  moved.prev = head.prev;
  moved.next->prev = &moved;
  moved.prev->next = &moved;
  head.next = head.prev = &head;
  while (moved.next != &moved) {
    WheelTimer& timer = *static_cast<WheelTimer*>(moved.next);
    timer.Cancel();
    Insert(timer);
  }
  moved.next = moved.prev = nullptr;
}

bool TimerWheel::SlotEmpty(int level, int slot) const {
  const TimerLink& head = slots_[level][slot];
  return head.next == &head;
}

void TimerWheel::Advance(TimePoint now) {
  if (now < start_) return;
  const auto target = static_cast<std::uint64_t>((now - start_) / kTick);
  while (current_ < target) {
    // Skip empty stretches of the first level up to its next wrap.
    const std::uint64_t wrap = (current_ | (kSlots - 1)) + 1;
    std::uint64_t next = current_ + 1;
    while (next < wrap && next < target && SlotEmpty(0, static_cast<int>(next & (kSlots - 1)))) {
      ++next;
    }
    current_ = next;
    if ((current_ & (kSlots - 1)) == 0) {
      if (((current_ >> kBits) & (kSlots - 1)) == 0) Cascade(2);
      Cascade(1);
    }
    TimerLink& head = slots_[0][current_ & (kSlots - 1)];
    while (head.next != &head) {
      WheelTimer& timer = *static_cast<WheelTimer*>(head.next);
      timer.Cancel();
      if (timer.tick_ > current_) {  // waited beyond the wheel's reach
        Insert(timer);
        continue;
      }
      timer.callback_(timer.context_);
    }
  }
}

int TimerWheel::NextOccupied(int level) {
  auto& words = occupied_[level];
  const auto now = static_cast<std::size_t>((current_ >> (kBits * level)) & (kSlots - 1));
  // From the slot behind the present one all around, the present one last.
  for (std::size_t ahead = 1; ahead <= kSlots;) {
    const std::size_t slot = (now + ahead) % kSlots;
    const std::uint64_t rest = words[slot / 64] >> (slot % 64);
    if (rest == 0) {
      ahead += 64 - slot % 64;
      continue;
    }
    ahead += static_cast<std::size_t>(std::countr_zero(rest));
    if (ahead > kSlots) break;
    const std::size_t found = (now + ahead) % kSlots;
    if (!SlotEmpty(level, static_cast<int>(found))) return static_cast<int>(ahead);
    words[found / 64] &= ~(std::uint64_t{1} << (found % 64));
  }
  return 0;
}

TimePoint TimerWheel::NextDeadline() {
  std::uint64_t next = UINT64_MAX;
  for (int level = 0; level < kLevels; ++level) {
    const int ahead = NextOccupied(level);
    if (ahead == 0) continue;
    // A later level has something to do when its slot begins.
    const std::uint64_t slot = (current_ >> (kBits * level)) + static_cast<std::uint64_t>(ahead);
    next = std::min(next, slot << (kBits * level));
  }
  if (next == UINT64_MAX) return TimePoint::max();
  return start_ + static_cast<std::int64_t>(next) * kTick;
}

}  // namespace penstock::runtime
