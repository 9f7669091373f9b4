// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace penstock::runtime {

class TimerWheel;

// A place in a circular list; the head of each slot is one too.
struct TimerLink {
  TimerLink* next = nullptr;
  TimerLink* prev = nullptr;
};

// One deadline, embedded in its owner; costs no allocation to arm, move or cancel. Cancels itself
// when it dies. Shard: the one of the wheel it is armed on.
class WheelTimer : private TimerLink {
 public:
  using Callback = void (*)(void* context);

  WheelTimer(Callback callback, void* context) : callback_(callback), context_(context) {}
  ~WheelTimer() { Cancel(); }
  WheelTimer(const WheelTimer&) = delete;
  WheelTimer& operator=(const WheelTimer&) = delete;

  bool armed() const { return next != nullptr; }
  void Cancel();

 private:
  friend class TimerWheel;
  std::uint64_t tick_ = 0;
  Callback callback_;
  void* context_;
};

// All deadlines of a shard: a hierarchical wheel of 1 ms ticks. Arming and cancelling are O(1);
// a timer fires at the first Advance() at or after its deadline, never early. Deadlines beyond
// the wheel's reach (about 4.6 hours) wait in its last level and are looked at again.
class TimerWheel {
 public:
  explicit TimerWheel(TimePoint start);
  ~TimerWheel();

  // Arms or moves `timer`.
  void Arm(WheelTimer& timer, TimePoint deadline);
  // The same, unless it fires by then already.
  void ArmBy(WheelTimer& timer, TimePoint deadline);
  // Fires what is due. Callbacks may arm, cancel and destroy any timer.
  void Advance(TimePoint now);
  // When Advance() next has something to do, TimePoint::max() if nothing is armed. May be early,
  // never late. Cheap enough for every turn: it looks at one bit per slot, not at the slots.
  TimePoint NextDeadline();

 private:
  static constexpr int kLevels = 3;
  static constexpr int kBits = 8;
  static constexpr int kSlots = 1 << kBits;

  std::uint64_t TickOf(TimePoint deadline) const;
  void Insert(WheelTimer& timer);
  void Cascade(int level);
  bool SlotEmpty(int level, int slot) const;
  // How many slots behind the present one of `level` the next timer is, 1 to kSlots; 0 if none.
  int NextOccupied(int level);

  TimePoint start_;
  std::uint64_t current_ = 0;  // all ticks up to this one have fired
  std::array<std::array<TimerLink, kSlots>, kLevels> slots_;
  // A set bit: the slot may have a timer. Cancel() leaves bits behind, NextOccupied() clears them.
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_{};
};

}  // namespace penstock::runtime
