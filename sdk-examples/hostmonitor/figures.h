// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hostmonitor/proc_parsers.h"

namespace penstock::hostmonitor {

// The values of one item; nothing is a null.
using Fields = std::vector<std::pair<std::string, std::optional<std::string>>>;

// What the machine's clock ticks and pages mean.
struct Units {
  double ticks_per_second = 100;
  double page_bytes = 4096;
};

// From two readings of counters to the fields of an item. A counter that went back (a device that
// was taken away and came again) counts as no progress.
// Shard: any; no state.
[[nodiscard]] Fields CpuFields(const CpuTimes& before, const CpuTimes& now);
[[nodiscard]] Fields NetFields(const NetCounters& before, const NetCounters& now, double seconds);
[[nodiscard]] Fields DiskFields(const DiskCounters& before, const DiskCounters& now,
                                double seconds);
[[nodiscard]] Fields MemoryFields(const MemoryState& memory);
[[nodiscard]] Fields LoadFields(const LoadState& load);

// The fields of the `count` processes that used the most processor time between the readings, the
// busiest first; of equals, the one with the smaller pid. Missing places have null in every field.
[[nodiscard]] std::vector<Fields> BusiestProcesses(const std::vector<ProcessState>& before,
                                                   const std::vector<ProcessState>& now,
                                                   double seconds, const Units& units,
                                                   std::size_t count);

// The fields of `now` whose value differs from the one in `before`.
[[nodiscard]] Fields ChangedFields(const Fields& before, const Fields& now);

// The same names, each with null: an item whose device has gone.
[[nodiscard]] Fields NullFields(const Fields& fields);

}  // namespace penstock::hostmonitor
