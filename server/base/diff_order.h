// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace penstock {

enum class DiffAlgorithm : std::uint8_t { kJsonPatch, kTlcpDiff };

// The algorithms that may be tried on the values of a field, in order of preference; empty = never.
// A plain value.
class DiffOrder {
 public:
  static constexpr DiffOrder None() { return {}; }
  // `J` JSON Patch, `M` diff-match-patch, as adapters declare it (ari.md §4.6); other letters mean
  // nothing.
  static constexpr DiffOrder FromLetters(std::string_view letters) {
    DiffOrder order;
    for (const char letter : letters) {
      if (letter == 'J') order.Add(DiffAlgorithm::kJsonPatch);
      if (letter == 'M') order.Add(DiffAlgorithm::kTlcpDiff);
    }
    return order;
  }

  // At the end; one that is there already stays where it is.
  constexpr void Add(DiffAlgorithm algorithm) {
    if (!contains(algorithm)) (first_ == 0 ? first_ : second_) = RankOf(algorithm);
  }
  constexpr bool contains(DiffAlgorithm algorithm) const {
    return first_ == RankOf(algorithm) || second_ == RankOf(algorithm);
  }
  constexpr bool empty() const { return first_ == 0; }

  auto operator<=>(const DiffOrder&) const = default;

 private:
  static constexpr std::uint8_t RankOf(DiffAlgorithm algorithm) {
    return algorithm == DiffAlgorithm::kJsonPatch ? 1 : 2;
  }

  std::uint8_t first_ = 0;  // 0 = nothing
  std::uint8_t second_ = 0;
};

}  // namespace penstock
