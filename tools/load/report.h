// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "load/histogram.h"
#include "load/options.h"
#include "load/tally.h"

namespace penstock::load {

// One second of a run.
struct Second {
  double at = 0;  // since the start
  std::size_t ready = 0;
  double deliveries = 0;  // a second
  double p50_millis = 0;
  double p99_millis = 0;
  double server_cpu = 0;     // share of a core
  std::uint64_t errors = 0;  // so far
};

// What a run found out.
struct Result {
  double opened_per_second = 0;
  double seconds = 0;  // of the window
  std::size_t sessions_ready = 0;
  std::uint64_t deliveries = 0;  // in the window, like the rest
  std::uint64_t lost = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reads = 0;
  std::uint64_t published = 0;  // by the feed
  double delivered_share = 0;   // of what each subscriber of an item could have had; 0: unknown
  std::uint64_t behind = 0;     // updates that the feed could not get rid of
  std::uint64_t stale = 0;      // items of sessions that nothing came of in the last second
  double server_cpu_seconds = 0;
  double server_open_cpu_seconds = 0;       // until all were ready
  std::uint64_t server_bytes_at_start = 0;  // of the window
  std::uint64_t server_bytes = 0;
  std::uint64_t server_bytes_before = 0;  // before any session
};

// A line that replaces the one before on a terminal.
void WriteProgress(const Second& second, std::ostream& out);
void WriteText(const Options& options, const Result& result, const Tally& tally, std::ostream& out);
void WriteJson(const Options& options, const Result& result, const Tally& tally,
               const std::vector<Second>& seconds, std::ostream& out);

}  // namespace penstock::load
