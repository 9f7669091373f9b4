// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/proc_parsers.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace penstock::hostmonitor {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // the unit of /proc/diskstats on every disk
constexpr std::size_t kMaxWords = 64;

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < kMaxWords) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
      break;
    }
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// `count` numbers from word `first` on; nothing unless all of them are there.
std::optional<std::vector<std::uint64_t>> Numbers(const std::vector<std::string_view>& words,
                                                  std::size_t first, std::size_t count) {
  if (words.size() < first + count) {
    return std::nullopt;
  }
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = first; i < first + count; ++i) {
    const std::optional<std::uint64_t> number = Number(words[i]);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsDecimal(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsDigit(c) || c == '.'; });
}

// sda1, vda2, nvme0n1p1, mmcblk0p1: part of a disk that is listed itself.
bool IsPartition(std::string_view name, const std::vector<DiskCounters>& disks) {
  return std::any_of(disks.begin(), disks.end(), [name](const DiskCounters& disk) {
    if (!name.starts_with(disk.name) || name.size() == disk.name.size()) {
      return false;
    }
    std::string_view rest = name.substr(disk.name.size());
    if (IsDigit(disk.name.back())) {
      if (!rest.starts_with('p')) {
        return false;
      }
      rest.remove_prefix(1);
    }
    return !rest.empty() && std::all_of(rest.begin(), rest.end(), IsDigit);
  });
}

// The length of the valid UTF-8 sequence that `text` begins with; 0 if there is none.
std::size_t SequenceSize(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80                    ? 1
                           : lead >= 0xC2 && lead <= 0xDF ? 2
                           : lead >= 0xE0 && lead <= 0xEF ? 3
                           : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                          : 0;
  if (size == 0 || size > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : size;
}

std::string Printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t size = SequenceSize(text);
    const auto first = static_cast<unsigned char>(text.front());
    if (size == 0 || first < 0x20 || first == 0x7F) {
      result.push_back('?');
      text.remove_prefix(1);
    } else {
      result.append(text.substr(0, size));
      text.remove_prefix(size);
    }
  }
  return result;
}

}  // namespace

std::vector<CpuTimes> ParseCpuTimes(std::string_view proc_stat) {
  std::vector<CpuTimes> result;
  while (!proc_stat.empty()) {
    const std::vector<std::string_view> words = Words(TakeLine(proc_stat));
    if (words.empty() || !words[0].starts_with("cpu") || !Number(words[0].substr(3))) {
      continue;
    }
    // user nice system idle iowait irq softirq steal; guest times are contained in user and nice.
    const auto times = Numbers(words, 1, 8);
    if (!times) {
      continue;
    }
    CpuTimes cpu;
    cpu.name = words[0].substr(3);
    cpu.user = (*times)[0] + (*times)[1];
    cpu.system = (*times)[2] + (*times)[5] + (*times)[6];
    cpu.idle = (*times)[3];
    cpu.iowait = (*times)[4];
    cpu.total = cpu.user + cpu.system + cpu.idle + cpu.iowait + (*times)[7];
    result.push_back(std::move(cpu));
  }
  return result;
}

std::vector<NetCounters> ParseNetCounters(std::string_view proc_net_dev) {
  std::vector<NetCounters> result;
  while (!proc_net_dev.empty()) {
    const std::string_view line = TakeLine(proc_net_dev);
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::vector<std::string_view> name = Words(line.substr(0, colon));
    const auto counters = Numbers(Words(line.substr(colon + 1)), 0, 10);
    if (name.size() == 1 && counters) {
      result.push_back(
          {Printable(name[0]), (*counters)[0], (*counters)[1], (*counters)[8], (*counters)[9]});
    }
  }
  return result;
}

std::vector<DiskCounters> ParseDiskCounters(std::string_view proc_diskstats) {
  std::vector<DiskCounters> result;
  while (!proc_diskstats.empty()) {
    // major minor name, then reads, merged, sectors, ms, writes, merged, sectors
    const std::vector<std::string_view> words = Words(TakeLine(proc_diskstats));
    const auto counters = Numbers(words, 3, 7);
    if (!counters) {
      continue;
    }
    const std::string_view name = words[2];
    if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram") ||
        IsPartition(name, result)) {
      continue;
    }
    result.push_back({Printable(name), (*counters)[0], (*counters)[2] * kSectorBytes,
                      (*counters)[4], (*counters)[6] * kSectorBytes});
  }
  return result;
}

std::optional<MemoryState> ParseMemory(std::string_view proc_meminfo) {
  MemoryState memory;
  std::uint64_t buffers = 0;
  bool has_total = false;
  bool has_available = false;
  while (!proc_meminfo.empty()) {
    const std::vector<std::string_view> words = Words(TakeLine(proc_meminfo));
    if (words.size() < 2) {
      continue;
    }
    const std::optional<std::uint64_t> kib = Number(words[1]);
    if (!kib) {
      continue;
    }
    const std::uint64_t bytes = *kib * 1024;
    if (words[0] == "MemTotal:") {
      memory.total = bytes;
      has_total = true;
    } else if (words[0] == "MemFree:") {
      memory.free = bytes;
    } else if (words[0] == "MemAvailable:") {
      memory.available = bytes;
      has_available = true;
    } else if (words[0] == "Buffers:") {
      buffers = bytes;
    } else if (words[0] == "Cached:") {
      memory.cached = bytes;
    } else if (words[0] == "SwapTotal:") {
      memory.swap_total = bytes;
    } else if (words[0] == "SwapFree:") {
      memory.swap_free = bytes;
    }
  }
  if (!has_total || !has_available) {
    return std::nullopt;
  }
  memory.cached += buffers;
  return memory;
}

std::optional<LoadState> ParseLoad(std::string_view proc_loadavg) {
  const std::vector<std::string_view> words = Words(TakeLine(proc_loadavg));
  if (words.size() < 4) {
    return std::nullopt;
  }
  const std::size_t slash = words[3].find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view running = words[3].substr(0, slash);
  const std::string_view existing = words[3].substr(slash + 1);
  if (!IsDecimal(words[0]) || !IsDecimal(words[1]) || !IsDecimal(words[2]) || !Number(running) ||
      !Number(existing)) {
    return std::nullopt;
  }
  return LoadState{std::string(words[0]), std::string(words[1]), std::string(words[2]),
                   std::string(running), std::string(existing)};
}

std::optional<ProcessState> ParseProcess(std::string_view proc_pid_stat) {
  // The name stands in parentheses and may hold any byte, parentheses and blanks too: it ends at
  // the last closing one.
  const std::size_t open = proc_pid_stat.find(" (");
  const std::size_t close = proc_pid_stat.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> pid = Number(proc_pid_stat.substr(0, open));
  std::string_view rest = proc_pid_stat.substr(close + 1);
  // After the name: state is word 0, utime 11, stime 12, starttime 19, rss 21.
  const std::vector<std::string_view> words = Words(TakeLine(rest));
  if (!pid || words.size() < 22) {
    return std::nullopt;
  }
  const auto user = Number(words[11]);
  const auto system = Number(words[12]);
  const auto start = Number(words[19]);
  const auto resident = Number(words[21]);
  if (!user || !system || !start || !resident) {
    return std::nullopt;
  }
  return ProcessState{*pid, Printable(proc_pid_stat.substr(open + 2, close - open - 2)),
                      *user + *system, *start, *resident};
}

}  // namespace penstock::hostmonitor
