// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace penstock::test {

// Chance, from one seed. The same on every machine, unlike the standard's distributions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // From 0 to `sides` - 1.
  std::size_t Roll(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  bool Chance(std::size_t percent) { return Roll(100) < percent; }
  template <class T>
  const T& Pick(const std::vector<T>& from) {
    return from[Roll(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace penstock::test
