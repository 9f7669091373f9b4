// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>

#include "load/tally.h"

namespace penstock::load {

// One client of a run. It counts itself in the run's Tally: opened, ready, or an error.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void Open() = 0;
  // Of its items, those of which nothing has arrived since then.
  virtual std::size_t CountStale(Clock::time_point since) const = 0;
};

}  // namespace penstock::load
