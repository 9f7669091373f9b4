// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::load {

// Counts times by size, with an error below 3.2 %: 32 steps for each power of two of nanoseconds.
class Histogram {
 public:
  void Add(std::chrono::nanoseconds time);
  void Add(const Histogram& other);
  void Clear() { *this = Histogram(); }

  std::uint64_t count() const { return count_; }
  // The time that `share` (0 to 1) of all do not exceed; zero when nothing was counted.
  double QuantileMillis(double share) const;
  double MaxMillis() const { return static_cast<double>(max_) * 1e-6; }
  double MeanMillis() const;

 private:
  static constexpr std::size_t kSteps = 32;

  std::array<std::uint64_t, 60 * kSteps> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace penstock::load
