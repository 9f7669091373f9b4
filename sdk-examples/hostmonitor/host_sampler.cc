// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/host_sampler.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ios>
#include <system_error>
#include <utility>

namespace penstock::hostmonitor {
namespace {

constexpr std::string_view kCpuPrefix = "cpu.";
constexpr std::string_view kNetPrefix = "net.";
constexpr std::string_view kDiskPrefix = "disk.";
constexpr std::string_view kProcessPrefix = "process.";
constexpr std::string_view kMemoryItem = "memory";
constexpr std::string_view kLoadItem = "load";
constexpr std::size_t kMaxFileBytes = std::size_t{4} << 20;

std::string Join(std::string_view prefix, std::string_view name) {
  return std::string(prefix).append(name);
}

template <typename T>
const T* FindByName(const std::vector<T>& counters, const std::string& name) {
  const auto found = std::find_if(counters.begin(), counters.end(),
                                  [&name](const T& one) { return one.name == name; });
  return found == counters.end() ? nullptr : &*found;
}

// Item by item, the fields of what was there before and is there now.
template <typename T, typename MakeFields>
HostSampler::Values ByName(std::string_view prefix, const std::vector<T>& before,
                           const std::vector<T>& now, const MakeFields& make_fields) {
  HostSampler::Values values;
  for (const T& one : now) {
    if (const T* old = FindByName(before, one.name); old != nullptr) {
      values.emplace(Join(prefix, one.name), make_fields(*old, one));
    }
  }
  return values;
}

}  // namespace

HostSampler::HostSampler(std::string root, Units units, std::size_t process_count)
    : root_(std::move(root)), units_(units), process_count_(process_count) {}

bool HostSampler::Exists(std::string_view item) const {
  if (item == kDirectoryItem) {
    return true;
  }
  const std::vector<std::string> names = Names();
  return std::find(names.begin(), names.end(), item) != names.end();
}

HostSampler::Values HostSampler::Sample(const ItemSet& wanted, TimePoint now) {
  const auto wants = [&wanted](std::string_view prefix) {
    const auto first = wanted.lower_bound(prefix);
    return first != wanted.end() && first->starts_with(prefix);
  };
  const auto advance_or_forget = [&](std::string_view prefix, auto& family) {
    if (wants(prefix)) {
      AdvanceFamilyOf(prefix, now);
    } else {
      family = {};
    }
  };
  advance_or_forget(kCpuPrefix, cpus_);
  advance_or_forget(kNetPrefix, nets_);
  advance_or_forget(kDiskPrefix, disks_);
  advance_or_forget(kProcessPrefix, processes_);

  Values values;
  for (const std::string& item : wanted) {
    if (std::optional<Fields> instant = Instant(item)) {
      values.emplace(item, std::move(*instant));
    } else if (const Values* family = ValuesOfFamily(item); family != nullptr) {
      if (const auto found = family->find(item); found != family->end()) {
        values.insert(*found);
      }
    }
  }
  return values;
}

std::optional<Fields> HostSampler::Latest(std::string_view item, TimePoint now) {
  if (std::optional<Fields> instant = Instant(item)) {
    return instant;
  }
  const Values* family = ValuesOfFamily(item);
  if (family == nullptr) {
    return std::nullopt;
  }
  if (family->empty()) {
    AdvanceFamilyOf(item, now);
  }
  const auto found = family->find(item);
  return found == family->end() ? std::nullopt : std::optional<Fields>(found->second);
}

template <typename T, typename Read, typename Compute>
void HostSampler::Advance(Family<T>& family, TimePoint now, const Read& read,
                          const Compute& compute) {
  if (family.was_read && now - family.at < kMinSpan) {
    return;
  }
  std::vector<T> counters = read();
  if (family.was_read) {
    const double seconds = std::chrono::duration<double>(now - family.at).count();
    family.values = compute(family.counters, counters, seconds);
  }
  family.counters = std::move(counters);
  family.at = now;
  family.was_read = true;
}

void HostSampler::AdvanceFamilyOf(std::string_view item, TimePoint now) {
  if (item.starts_with(kCpuPrefix)) {
    Advance(
        cpus_, now, [this] { return ParseCpuTimes(ReadFile("stat")); },
        [](const auto& before, const auto& counters, double) {
          return ByName(kCpuPrefix, before, counters, CpuFields);
        });
  } else if (item.starts_with(kNetPrefix)) {
    Advance(
        nets_, now, [this] { return ParseNetCounters(ReadFile("net/dev")); },
        [](const auto& before, const auto& counters, double seconds) {
          return ByName(kNetPrefix, before, counters, [seconds](const auto& old, const auto& one) {
            return NetFields(old, one, seconds);
          });
        });
  } else if (item.starts_with(kDiskPrefix)) {
    Advance(
        disks_, now, [this] { return ParseDiskCounters(ReadFile("diskstats")); },
        [](const auto& before, const auto& counters, double seconds) {
          return ByName(kDiskPrefix, before, counters, [seconds](const auto& old, const auto& one) {
            return DiskFields(old, one, seconds);
          });
        });
  } else if (item.starts_with(kProcessPrefix)) {
    Advance(
        processes_, now, [this] { return ReadProcesses(); },
        [this](const auto& before, const auto& counters, double seconds) {
          Values values;
          std::size_t place = 0;
          for (Fields& fields :
               BusiestProcesses(before, counters, seconds, units_, process_count_)) {
            values.emplace(Join(kProcessPrefix, std::to_string(++place)), std::move(fields));
          }
          return values;
        });
  }
}

const HostSampler::Values* HostSampler::ValuesOfFamily(std::string_view item) const {
  if (item.starts_with(kCpuPrefix)) {
    return &cpus_.values;
  }
  if (item.starts_with(kNetPrefix)) {
    return &nets_.values;
  }
  if (item.starts_with(kDiskPrefix)) {
    return &disks_.values;
  }
  return item.starts_with(kProcessPrefix) ? &processes_.values : nullptr;
}

// The items whose values are no rates: one reading is enough.
std::optional<Fields> HostSampler::Instant(std::string_view item) const {
  if (item == kDirectoryItem) {
    std::string names;
    for (const std::string& name : Names()) {
      names.append(names.empty() ? "" : " ").append(name);
    }
    return Fields{{"names", std::move(names)}};
  }
  if (item == kMemoryItem) {
    const std::optional<MemoryState> memory = ParseMemory(ReadFile("meminfo"));
    return memory ? std::optional<Fields>(MemoryFields(*memory)) : std::nullopt;
  }
  if (item == kLoadItem) {
    const std::optional<LoadState> load = ParseLoad(ReadFile("loadavg"));
    return load ? std::optional<Fields>(LoadFields(*load)) : std::nullopt;
  }
  return std::nullopt;
}

std::vector<std::string> HostSampler::Names() const {
  std::vector<std::string> names = {std::string(kLoadItem), std::string(kMemoryItem)};
  for (const CpuTimes& cpu : ParseCpuTimes(ReadFile("stat"))) {
    names.push_back(Join(kCpuPrefix, cpu.name));
  }
  for (const DiskCounters& disk : ParseDiskCounters(ReadFile("diskstats"))) {
    names.push_back(Join(kDiskPrefix, disk.name));
  }
  for (const NetCounters& net : ParseNetCounters(ReadFile("net/dev"))) {
    names.push_back(Join(kNetPrefix, net.name));
  }
  for (std::size_t place = 1; place <= process_count_; ++place) {
    names.push_back(Join(kProcessPrefix, std::to_string(place)));
  }
  return names;
}

// Files of /proc have no size: they are read to their end. What cannot be read is an empty text.
std::string HostSampler::ReadFile(std::string_view name) const {
  std::ifstream stream(root_ + "/" + std::string(name), std::ios::binary);
  std::string text;
  char block[1 << 13];
  while ((stream.read(block, sizeof(block)) || stream.gcount() > 0) &&
         text.size() < kMaxFileBytes) {
    text.append(block, static_cast<std::size_t>(stream.gcount()));
  }
  return text;
}

std::vector<ProcessState> HostSampler::ReadProcesses() const {
  std::vector<ProcessState> processes;
  std::error_code error;
  std::filesystem::directory_iterator entry(root_, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    // A process may end between the two reads; then there is no text and nothing to parse.
    if (std::optional<ProcessState> process = ParseProcess(ReadFile(name + "/stat"))) {
      processes.push_back(std::move(*process));
    }
  }
  return processes;
}

}  // namespace penstock::hostmonitor
