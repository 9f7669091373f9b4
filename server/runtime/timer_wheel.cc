// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/timer_wheel.h"

#include <algorithm>

namespace penstock::runtime {

namespace {
constexpr auto kTick = std::chrono::milliseconds(1);
}  // namespace

void WheelTimer::Cancel() {
  if (next_ == nullptr) return;
  prev_->next_ = next_;
  next_->prev_ = prev_;
  next_ = prev_ = nullptr;
}

TimerWheel::TimerWheel(TimePoint start) : start_(start) {
  for (auto& level : slots_) {
    for (WheelTimer& head : level) head.next_ = head.prev_ = &head;
  }
}

TimerWheel::~TimerWheel() {
  for (auto& level : slots_) {
    for (WheelTimer& head : level) {
      while (head.next_ != &head) head.next_->Cancel();
      head.next_ = head.prev_ = nullptr;
    }
  }
}

void TimerWheel::Arm(WheelTimer& timer, TimePoint deadline) {
  timer.Cancel();
  const auto since = std::max(deadline - start_, Duration::zero());
  // Round up so that no timer fires early; the current tick has been processed already.
  const auto tick = static_cast<std::uint64_t>((since + kTick - Duration(1)) / kTick);
  timer.tick_ = std::max(tick, current_ + 1);
  Insert(timer);
}

void TimerWheel::Insert(WheelTimer& timer) {
  const std::uint64_t delta = timer.tick_ - current_;
  int level = 0;
  while (level < kLevels - 1 && delta >= (std::uint64_t{1} << (kBits * (level + 1)))) ++level;
  const std::uint64_t reach = (std::uint64_t{1} << (kBits * kLevels)) - 1;
  const std::uint64_t tick = std::min(timer.tick_, current_ + reach);
  WheelTimer& head = slots_[level][(tick >> (kBits * level)) & (kSlots - 1)];
  timer.prev_ = head.prev_;
  timer.next_ = &head;
  head.prev_->next_ = &timer;
  head.prev_ = &timer;
}

void TimerWheel::Cascade(int level) {
  WheelTimer& head = slots_[level][(current_ >> (kBits * level)) & (kSlots - 1)];
  WheelTimer moved;
  if (head.next_ == &head) return;
  moved.next_ = head.next_;
  moved.prev_ = head.prev_;
  moved.next_->prev_ = &moved;
  moved.prev_->next_ = &moved;
  head.next_ = head.prev_ = &head;
  while (moved.next_ != &moved) {
    WheelTimer& timer = *moved.next_;
    timer.Cancel();
    Insert(timer);
  }
  moved.next_ = moved.prev_ = nullptr;
}

bool TimerWheel::SlotEmpty(int level, int slot) const {
  const WheelTimer& head = slots_[level][slot];
  return head.next_ == &head;
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
    WheelTimer& head = slots_[0][current_ & (kSlots - 1)];
    while (head.next_ != &head) {
      WheelTimer& timer = *head.next_;
      timer.Cancel();
      if (timer.tick_ > current_) {  // waited beyond the wheel's reach
        Insert(timer);
        continue;
      }
      timer.callback_(timer.context_);
    }
  }
}

TimePoint TimerWheel::NextDeadline() const {
  for (std::uint64_t tick = current_ + 1; tick <= current_ + kSlots; ++tick) {
    const bool wraps = (tick & (kSlots - 1)) == 0;
    if (!SlotEmpty(0, static_cast<int>(tick & (kSlots - 1))) || wraps) {
      if (!wraps) return start_ + tick * kTick;
      // At the wrap a later level may have something; sleep that long at most if it has.
      for (int level = 0; level < kLevels; ++level) {
        for (int slot = 0; slot < kSlots; ++slot) {
          if (!SlotEmpty(level, slot)) return start_ + tick * kTick;
        }
      }
      return TimePoint::max();
    }
  }
  return TimePoint::max();
}

}  // namespace penstock::runtime
