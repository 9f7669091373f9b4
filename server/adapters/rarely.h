// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>

#include "base/clock.h"

namespace penstock::adapters {

// Says whether something that a peer can cause as often as it likes may be logged again: once a
// minute. Shard: the owner's.
class Rarely {
 public:
  bool Due(TimePoint now) {
    if (now < next_) return false;
    next_ = now + std::chrono::minutes(1);
    return true;
  }

 private:
  TimePoint next_ = TimePoint::min();
};

}  // namespace penstock::adapters
