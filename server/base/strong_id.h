// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace penstock {

// An integer that cannot be taken for another one: `using SubId = StrongId<struct SubIdTag, int>`.
template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

  template <class H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  Rep value_{};
};

}  // namespace penstock

template <class Tag, class Rep>
struct std::hash<penstock::StrongId<Tag, Rep>> {
  std::size_t operator()(penstock::StrongId<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
