// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/figures.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <unordered_map>

namespace penstock::hostmonitor {
namespace {

std::uint64_t Progress(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;
}

std::string Tenths(double value) {
  char text[64];
  const int size = std::snprintf(text, sizeof(text), "%.1f", value);
  return std::string(text, static_cast<std::size_t>(std::clamp(size, 0, 63)));
}

std::string Share(std::uint64_t part, std::uint64_t whole) {
  return Tenths(whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string PerSecond(std::uint64_t before, std::uint64_t now, double seconds) {
  const auto progress = static_cast<double>(Progress(before, now));
  return std::to_string(static_cast<std::uint64_t>(seconds > 0 ? progress / seconds + 0.5 : 0));
}

struct BusyProcess {
  const ProcessState* process;
  std::uint64_t ticks;
};

}  // namespace

Fields CpuFields(const CpuTimes& before, const CpuTimes& now) {
  const std::uint64_t total = Progress(before.total, now.total);
  return {{"user", Share(Progress(before.user, now.user), total)},
          {"system", Share(Progress(before.system, now.system), total)},
          {"idle", Share(Progress(before.idle, now.idle), total)},
          {"iowait", Share(Progress(before.iowait, now.iowait), total)}};
}

Fields NetFields(const NetCounters& before, const NetCounters& now, double seconds) {
  return {{"rx_bytes", PerSecond(before.rx_bytes, now.rx_bytes, seconds)},
          {"tx_bytes", PerSecond(before.tx_bytes, now.tx_bytes, seconds)},
          {"rx_packets", PerSecond(before.rx_packets, now.rx_packets, seconds)},
          {"tx_packets", PerSecond(before.tx_packets, now.tx_packets, seconds)}};
}

Fields DiskFields(const DiskCounters& before, const DiskCounters& now, double seconds) {
  return {{"read_bytes", PerSecond(before.read_bytes, now.read_bytes, seconds)},
          {"write_bytes", PerSecond(before.write_bytes, now.write_bytes, seconds)},
          {"reads", PerSecond(before.reads, now.reads, seconds)},
          {"writes", PerSecond(before.writes, now.writes, seconds)}};
}

Fields MemoryFields(const MemoryState& memory) {
  return {{"total", std::to_string(memory.total)},
          {"used", std::to_string(Progress(memory.available, memory.total))},
          {"available", std::to_string(memory.available)},
          {"free", std::to_string(memory.free)},
          {"cached", std::to_string(memory.cached)},
          {"swap_total", std::to_string(memory.swap_total)},
          {"swap_used", std::to_string(Progress(memory.swap_free, memory.swap_total))}};
}

Fields LoadFields(const LoadState& load) {
  return {{"one", load[0]},
          {"five", load[1]},
          {"fifteen", load[2]},
          {"running", load[3]},
          {"processes", load[4]}};
}

std::vector<Fields> BusiestProcesses(const std::vector<ProcessState>& before,
                                     const std::vector<ProcessState>& now, double seconds,
                                     const Units& units, std::size_t count) {
  std::unordered_map<std::uint64_t, const ProcessState*> known;
  for (const ProcessState& process : before) {
    known.emplace(process.pid, &process);
  }
  std::vector<BusyProcess> busy;
  for (const ProcessState& process : now) {
    const auto old = known.find(process.pid);
    const bool same = old != known.end() && old->second->start_ticks == process.start_ticks;
    busy.push_back({&process, Progress(same ? old->second->cpu_ticks : 0, process.cpu_ticks)});
  }
  std::sort(busy.begin(), busy.end(), [](const BusyProcess& a, const BusyProcess& b) {
    return a.ticks != b.ticks ? a.ticks > b.ticks : a.process->pid < b.process->pid;
  });
  std::vector<Fields> places;
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= busy.size()) {
      places.push_back({{"pid", std::nullopt},
                        {"name", std::nullopt},
                        {"cpu", std::nullopt},
                        {"resident", std::nullopt}});
      continue;
    }
    const ProcessState& process = *busy[i].process;
    const double used = static_cast<double>(busy[i].ticks) / units.ticks_per_second;
    const double resident = static_cast<double>(process.resident_pages) * units.page_bytes;
    places.push_back({{"pid", std::to_string(process.pid)},
                      {"name", process.name},
                      {"cpu", Tenths(seconds > 0 ? 100 * used / seconds : 0)},
                      {"resident", std::to_string(static_cast<std::uint64_t>(resident))}});
  }
  return places;
}

Fields ChangedFields(const Fields& before, const Fields& now) {
  Fields changed;
  for (const auto& field : now) {
    if (std::find(before.begin(), before.end(), field) == before.end()) {
      changed.push_back(field);
    }
  }
  return changed;
}

Fields NullFields(const Fields& fields) {
  Fields result = fields;
  for (auto& [name, value] : result) {
    value.reset();
  }
  return result;
}

}  // namespace penstock::hostmonitor
