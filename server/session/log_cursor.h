// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>

#include "kernel/event.h"

namespace penstock::session {

// Where a subscriber stands in the log of its item. A plain value. Shard: the session's.
struct LogCursor {
  kernel::Position at;    // all up to here has been dealt with
  kernel::Position base;  // the last update sent, to which the next one is a difference; zero: none
  kernel::Position eos_at;
  std::uint64_t structural = 0;       // COMMAND: ADDs and DELETEs up to `at`
  std::uint32_t buffer = 0;           // events that may wait
  std::uint32_t snapshot_length = 0;  // DISTINCT
  bool started = false;               // not before the adapter's snapshot is complete
  bool needs_state = false;           // MERGE: the values, COMMAND: the rows, before all else
  bool eos_due = false;
};

}  // namespace penstock::session
