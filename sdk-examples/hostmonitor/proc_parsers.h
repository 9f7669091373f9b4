// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::hostmonitor {

// Pure readers of the texts of /proc (proc(5)). A line that is not understood is passed over, as
// kernels add lines and columns; counters are as the kernel counts them since it started.
// Shard: any; no state.

struct CpuTimes {
  std::string name;          // "0" for the line cpu0; the line of all processors is left out
  std::uint64_t user = 0;    // with nice
  std::uint64_t system = 0;  // with irq and softirq
  std::uint64_t idle = 0;
  std::uint64_t iowait = 0;
  std::uint64_t total = 0;
};
[[nodiscard]] std::vector<CpuTimes> ParseCpuTimes(std::string_view proc_stat);

struct NetCounters {
  std::string name;
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_packets = 0;
};
[[nodiscard]] std::vector<NetCounters> ParseNetCounters(std::string_view proc_net_dev);

// Disks only: partitions, loop and memory devices are left out.
struct DiskCounters {
  std::string name;
  std::uint64_t reads = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t writes = 0;
  std::uint64_t write_bytes = 0;
};
[[nodiscard]] std::vector<DiskCounters> ParseDiskCounters(std::string_view proc_diskstats);

// In bytes.
struct MemoryState {
  std::uint64_t total = 0;
  std::uint64_t free = 0;
  std::uint64_t available = 0;
  std::uint64_t cached = 0;  // with buffers
  std::uint64_t swap_total = 0;
  std::uint64_t swap_free = 0;
};
[[nodiscard]] std::optional<MemoryState> ParseMemory(std::string_view proc_meminfo);

// Texts as the kernel writes them: one, five, fifteen minutes, runnable, existing.
using LoadState = std::array<std::string, 5>;
[[nodiscard]] std::optional<LoadState> ParseLoad(std::string_view proc_loadavg);

struct ProcessState {
  std::uint64_t pid = 0;
  std::string name;  // printable UTF-8, whatever the process called itself
  std::uint64_t cpu_ticks = 0;
  std::uint64_t start_ticks = 0;  // tells a process from a later one with the same pid
  std::uint64_t resident_pages = 0;
};
[[nodiscard]] std::optional<ProcessState> ParseProcess(std::string_view proc_pid_stat);

}  // namespace penstock::hostmonitor
