// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

namespace penstock::load {

// One client of a run. It counts itself in the run's Tally: opened, ready, or an error.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void Open() = 0;
};

}  // namespace penstock::load
