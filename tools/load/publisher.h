// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>

#include "load/tally.h"

namespace penstock::load {

// The source of a run's updates. A rate that the server does not take makes it fall behind, not
// grow.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // Empty, or why it cannot be.
  virtual std::string Open() = 0;
  virtual bool ready() const = 0;
  // Why it is of no more use; empty while it is.
  virtual const std::string& broken() const = 0;

  virtual void Start(Clock::time_point now) = 0;
  virtual void Stop() = 0;
  // Publishes what is due; tells when the next one is.
  virtual Clock::time_point Publish(Clock::time_point now) = 0;

  virtual std::uint64_t published_of_window() const = 0;
  // Updates that were due and not published yet.
  virtual std::uint64_t behind(Clock::time_point now) const = 0;
};

}  // namespace penstock::load
