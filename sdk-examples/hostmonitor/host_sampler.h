// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hostmonitor/figures.h"
#include "hostmonitor/proc_parsers.h"

namespace penstock::hostmonitor {

// Reads /proc for the items that somebody wants, and for no others, and turns counters into rates
// by the reading before. Items: cpu.N, net.NAME, disk.NAME, memory, load, process.1 to process.N,
// and hosts.items, whose field `names` lists all of them.
// Owned by the data adapter. Shard: whoever holds the adapter's lock.
// An item whose figures are rates has no values until it was read twice.
class HostSampler {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using ItemSet = std::set<std::string, std::less<>>;
  using Values = std::map<std::string, Fields, std::less<>>;

  static constexpr std::string_view kDirectoryItem = "hosts.items";

  // `root` is /proc, or in a test a folder with files of the same names.
  HostSampler(std::string root, Units units, std::size_t process_count);

  // Whether there is such an item now.
  [[nodiscard]] bool Exists(std::string_view item) const;

  // Takes a reading of what the wanted items need and answers with their values. An item that has
  // no rate yet, and one whose device has gone, are not in the answer. What nobody wants any more
  // is forgotten.
  [[nodiscard]] Values Sample(const ItemSet& wanted, TimePoint now);

  // What is known of an item between two readings, for one who has just come. Where nothing was
  // read yet, takes the first reading, so that the next Sample() has a rate.
  [[nodiscard]] std::optional<Fields> Latest(std::string_view item, TimePoint now);

  // Two readings closer than this say nothing: the later one is not taken.
  static constexpr std::chrono::milliseconds kMinSpan{50};

 private:
  // The last reading of one kind of counters, and the values that came of it.
  template <typename T>
  struct Family {
    std::vector<T> counters;
    TimePoint at;
    bool was_read = false;
    Values values;
  };

  [[nodiscard]] std::string ReadFile(std::string_view name) const;
  [[nodiscard]] std::vector<ProcessState> ReadProcesses() const;
  [[nodiscard]] std::vector<std::string> Names() const;
  [[nodiscard]] std::optional<Fields> Instant(std::string_view item) const;

  template <typename T, typename Read, typename Compute>
  void Advance(Family<T>& family, TimePoint now, const Read& read, const Compute& compute);
  void AdvanceFamilyOf(std::string_view item, TimePoint now);
  [[nodiscard]] const Values* ValuesOfFamily(std::string_view item) const;

  const std::string root_;
  const Units units_;
  const std::size_t process_count_;

  Family<CpuTimes> cpus_;
  Family<NetCounters> nets_;
  Family<DiskCounters> disks_;
  Family<ProcessState> processes_;
};

}  // namespace penstock::hostmonitor
