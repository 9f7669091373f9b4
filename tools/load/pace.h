// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

#include "load/tally.h"

namespace penstock::load {

// What is due at a steady rate, and when the next one is. Owned by a publisher.
class Pace {
 public:
  explicit Pace(double per_second) : per_second_(per_second) {}

  void Start(Clock::time_point now) {
    start_ = now;
    done_ = 0;
    running_ = per_second_ > 0;
  }
  void Stop() { running_ = false; }
  bool running() const { return running_; }

  std::uint64_t Behind(Clock::time_point now) const {
    const double due = std::chrono::duration<double>(now - start_).count() * per_second_;
    return static_cast<std::uint64_t>(due) > done_ ? static_cast<std::uint64_t>(due) - done_ : 0;
  }
  void Done() { ++done_; }
  Clock::time_point Next() const {
    const auto wait = std::chrono::duration<double>(static_cast<double>(done_ + 1) / per_second_);
    return start_ + std::chrono::duration_cast<Clock::duration>(wait);
  }

 private:
  const double per_second_;
  bool running_ = false;
  Clock::time_point start_;
  std::uint64_t done_ = 0;
};

}  // namespace penstock::load
