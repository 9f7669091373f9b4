// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

namespace penstock::load {

// What a process has used so far, by its own accounts in /proc; zeros if it is not there.
struct ProcessUse {
  double cpu_seconds = 0;  // of all its threads
  std::uint64_t resident_bytes = 0;
};

ProcessUse UseOf(int pid);

}  // namespace penstock::load
