// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/process_use.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace penstock::load {

namespace {

void Add(int pid, ProcessUse* use) {
  const std::filesystem::path root = "/proc/" + std::to_string(pid);
  // Nanoseconds of each thread; the ticks of /proc/PID/stat are too coarse for short runs.
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(root / "task", error)) {
    std::ifstream file(task.path() / "schedstat");
    double nanoseconds = 0;
    if (file >> nanoseconds) use->cpu_seconds += nanoseconds * 1e-9;
  }
  std::ifstream status(root / "status");
  for (std::string word; status >> word;) {
    // What the process itself has written to. The pages of the program would be counted as what
    // the first sessions cost, since they come in when they are first run.
    if (word != "RssAnon:" && word != "RssShmem:") continue;
    std::uint64_t kibibytes = 0;
    status >> kibibytes;
    use->memory_bytes += kibibytes * 1024;
  }
}

}  // namespace

bool IsThere(int pid) {
  std::error_code error;
  return std::filesystem::exists("/proc/" + std::to_string(pid), error);
}

ProcessUse UseOf(const std::vector<int>& pids) {
  ProcessUse use;
  for (const int pid : pids) Add(pid, &use);
  return use;
}

}  // namespace penstock::load
