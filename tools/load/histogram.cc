// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace penstock::load {

namespace {

constexpr std::size_t kLogSteps = 5;
constexpr std::uint64_t kLinear = std::uint64_t{1} << kLogSteps;

std::size_t IndexOf(std::uint64_t value) {
  if (value < kLinear) return value;
  const auto exponent = static_cast<std::size_t>(std::bit_width(value)) - 1 - kLogSteps;
  return exponent * kLinear + (value >> exponent);
}

// The middle of what IndexOf() maps there.
double ValueOf(std::size_t index) {
  if (index < 2 * kLinear) return static_cast<double>(index);
  const std::size_t exponent = index / kLinear - 1;
  const double low =
      std::ldexp(static_cast<double>(index % kLinear + kLinear), static_cast<int>(exponent));
  return low + std::ldexp(0.5, static_cast<int>(exponent));
}

}  // namespace

void Histogram::Add(std::chrono::nanoseconds time) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
  ++counts_[std::min(IndexOf(value), counts_.size() - 1)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::Add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::QuantileMillis(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(ValueOf(i), static_cast<double>(max_)) * 1e-6;
  }
  return MaxMillis();
}

double Histogram::MeanMillis() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_) * 1e-6;
}

}  // namespace penstock::load
