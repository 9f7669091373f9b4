// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace penstock::protection {

// How fast somebody goes, in one point in time: the moment at which all that was taken so far would
// have been due at the allowed pace. Who was quiet may take two seconds' worth at once.
// Shard: that of its owner.
class Rate {
 public:
  static constexpr Duration kBurst = std::chrono::seconds(2);

  // Takes one if the pace allows it. `per_second` 0: no limit.
  [[nodiscard]] bool Take(TimePoint now, std::uint32_t per_second) {
    if (Wait(now, per_second) > Duration::zero()) return false;
    Spend(now, per_second);
    return true;
  }
  // How long until Take() succeeds.
  Duration Wait(TimePoint now, std::uint32_t per_second) const {
    if (per_second == 0) return Duration::zero();
    const Duration ahead = std::max(due_, now) + Step(per_second) - now;
    return std::max(ahead - kBurst, Duration::zero());
  }
  // Takes one, in advance if need be.
  void Spend(TimePoint now, std::uint32_t per_second) {
    if (per_second != 0) due_ = std::max(due_, now) + Step(per_second);
  }
  // As if nothing had ever been taken.
  bool Rested(TimePoint now) const { return due_ <= now; }

 private:
  static constexpr Duration Step(std::uint32_t per_second) {
    return Duration(std::chrono::seconds(1)) / per_second;
  }

  TimePoint due_{};
};

static_assert(sizeof(Rate) == 8, "each session and connection has some");

}  // namespace penstock::protection
