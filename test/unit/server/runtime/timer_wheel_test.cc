// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/timer_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "support/fake_clock.h"

namespace penstock::runtime {
namespace {

struct Probe {
  int fired = 0;
  WheelTimer timer{[](void* self) { ++static_cast<Probe*>(self)->fired; }, this};
};

class TimerWheelTest : public testing::Test {
 protected:
  void Advance(Duration by) {
    clock_.Advance(by);
    wheel_.Advance(clock_.Now());
  }
  TimePoint In(Duration delay) { return clock_.Now() + delay; }

  test::FakeClock clock_;
  TimerWheel wheel_{clock_.Now()};
};

TEST_F(TimerWheelTest, FiresOnceAtItsDeadlineAndNotBefore) {
  Probe probe;
  wheel_.Arm(probe.timer, In(Millis(20)));
  Advance(Millis(19));
  EXPECT_EQ(probe.fired, 0);
  Advance(Millis(1));
  EXPECT_EQ(probe.fired, 1);
  Advance(Millis(100));
  EXPECT_EQ(probe.fired, 1);
}

TEST_F(TimerWheelTest, ArmedByATimeFiresAtTheEarliestOne) {
  Probe probe;
  wheel_.ArmBy(probe.timer, In(Millis(20)));
  wheel_.ArmBy(probe.timer, In(Millis(30)));
  wheel_.ArmBy(probe.timer, In(Millis(10)));
  Advance(Millis(9));
  EXPECT_EQ(probe.fired, 0);
  Advance(Millis(1));
  EXPECT_EQ(probe.fired, 1);
  Advance(Millis(100));
  EXPECT_EQ(probe.fired, 1);
}

TEST_F(TimerWheelTest, NeverFiresEarlyWhateverTheDelay) {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    Probe probe;
    const auto delay = Millis(random() % 400'000 + 1);
    const TimePoint deadline = In(delay);
    wheel_.Arm(probe.timer, deadline);
    while (probe.fired == 0) {
      const TimePoint next = wheel_.NextDeadline();
      ASSERT_NE(next, TimePoint::max());
      ASSERT_GT(next, clock_.Now());
      Advance(next - clock_.Now());
    }
    ASSERT_GE(clock_.Now(), deadline);
    ASSERT_LT(clock_.Now() - deadline, Millis(2));
  }
}

TEST_F(TimerWheelTest, ReachesBeyondItsLastLevel) {
  Probe probe;
  wheel_.Arm(probe.timer, In(std::chrono::hours(10)));
  Advance(std::chrono::hours(10) - Millis(1));
  EXPECT_EQ(probe.fired, 0);
  Advance(Millis(1));
  EXPECT_EQ(probe.fired, 1);
}

TEST_F(TimerWheelTest, CancelAndDestructionDisarm) {
  Probe kept;
  auto dying = std::make_unique<Probe>();
  wheel_.Arm(kept.timer, In(Millis(5)));
  wheel_.Arm(dying->timer, In(Millis(5)));
  kept.timer.Cancel();
  dying.reset();
  Advance(Millis(10));
  EXPECT_EQ(kept.fired, 0);
  EXPECT_EQ(wheel_.NextDeadline(), TimePoint::max());
}

TEST_F(TimerWheelTest, ACallbackMayArmItselfAgain) {
  struct Periodic {
    TimerWheel* wheel;
    test::FakeClock* clock;
    int fired = 0;
    WheelTimer timer{[](void* self) {
                       auto* me = static_cast<Periodic*>(self);
                       ++me->fired;
                       me->wheel->Arm(me->timer, me->clock->Now() + Millis(10));
                     },
                     this};
  } periodic{&wheel_, &clock_};
  wheel_.Arm(periodic.timer, In(Millis(10)));
  for (int i = 0; i < 5; ++i) Advance(Millis(10));
  EXPECT_EQ(periodic.fired, 5);
}

TEST_F(TimerWheelTest, AFarDeadlineDoesNotWakeTheLoopOnTheWay) {
  Probe probe;
  wheel_.Arm(probe.timer, In(std::chrono::minutes(30)));
  int wakes = 0;
  while (probe.fired == 0) {
    ++wakes;
    Advance(wheel_.NextDeadline() - clock_.Now());
  }
  EXPECT_LE(wakes, 3);
}

TEST_F(TimerWheelTest, ManyTimersFireInTimeWhenOnlyWokenAtTheNextDeadline) {
  struct Timed {
    const Clock* clock = nullptr;
    TimePoint deadline;
    bool fired = false;
    WheelTimer timer{[](void* self) {
                       auto* me = static_cast<Timed*>(self);
                       me->fired = true;
                       EXPECT_GE(me->clock->Now(), me->deadline);
                       EXPECT_LT(me->clock->Now() - me->deadline, Millis(2));
                     },
                     this};
  };
  std::mt19937 random(3);
  std::vector<std::unique_ptr<Timed>> timers;
  for (int i = 0; i < 2000; ++i) {
    auto& timed = *timers.emplace_back(std::make_unique<Timed>());
    timed.clock = &clock_;
    // Steps of 256 and 65,536 ticks are where the levels meet.
    timed.deadline = In(Millis(i % 3 == 0 ? 256 * (random() % 600) : random() % 140'000 + 1));
    wheel_.Arm(timed.timer, timed.deadline);
    if (i % 5 == 0) timed.timer.Cancel();
    if (i % 7 == 0) Advance(Millis(random() % 3));
  }
  for (TimePoint next = wheel_.NextDeadline(); next != TimePoint::max();
       next = wheel_.NextDeadline()) {
    Advance(std::max(next - clock_.Now(), Duration::zero()));
  }
  for (std::size_t i = 0; i < timers.size(); ++i) EXPECT_EQ(timers[i]->fired, i % 5 != 0) << i;
}

}  // namespace
}  // namespace penstock::runtime
