// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <vector>

namespace penstock::load {

// What processes have used so far, by their own accounts in /proc; one that is gone has none.
struct ProcessUse {
  double cpu_seconds = 0;          // of all threads
  std::uint64_t memory_bytes = 0;  // that they have written to; shared memory as well
};

bool IsThere(int pid);
ProcessUse UseOf(const std::vector<int>& pids);

}  // namespace penstock::load
