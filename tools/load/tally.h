// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "load/histogram.h"

namespace penstock::load {

using Clock = std::chrono::steady_clock;

// What all sessions of a run have seen so far.
struct Tally {
  std::size_t opened = 0;  // have their session,
  std::size_t ready = 0;   // and their subscription, and still have them
  std::uint64_t deliveries = 0;
  std::uint64_t lost = 0;  // as the server tells (OV)
  std::uint64_t bytes = 0;
  std::uint64_t reads = 0;
  std::uint64_t rebinds = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors;  // how often, by what was said

  // From publication to arrival, of updates that this program's feed published in the window.
  Clock::time_point window_start = Clock::time_point::max();
  Clock::time_point window_end = Clock::time_point::min();
  std::uint64_t delivered_of_window = 0;
  Histogram latency;         // of the window
  Histogram latency_lately;  // since somebody cleared it

  // An update has arrived; it was published then.
  void Deliver(Clock::time_point published, Clock::time_point arrived) {
    latency_lately.Add(arrived - published);
    if (published < window_start || published >= window_end) return;
    ++delivered_of_window;
    latency.Add(arrived - published);
  }
  void Fail(std::string_view what) {
    const auto found = errors.find(what);
    if (found == errors.end()) {
      errors.emplace(what, 1);
    } else {
      ++found->second;
    }
  }
  std::uint64_t error_count() const {
    std::uint64_t sum = 0;
    for (const auto& [what, count] : errors) sum += count;
    return sum;
  }
};

}  // namespace penstock::load
