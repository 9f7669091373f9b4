// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "delivery/item_model.h"
#include "tlcp/request.h"

namespace penstock::test {

// What a subscription asked for, as far as it decides what its items are told.
struct Wish {
  tlcp::Mode mode = tlcp::Mode::kMerge;
  bool wants_snapshot = false;
  std::size_t snapshot_length = 0;  // DISTINCT
  bool is_unfiltered = false;       // RAW too
  bool is_latest = false;           // MERGE without a buffer
  std::size_t buffer = 1;
  std::size_t log = 1;                       // events of the item that are there at least
  std::function<bool(const Vector&)> takes;  // of the selector; empty: all
  Duration interval{0};                      // 0 = no frequency limit
  std::vector<std::size_t> fields;           // the schema, by number in kFieldNames
  // The flow up to now is known to have arrived when a line is written: one shard.
  bool is_exact = true;

  bool Takes(const Vector& values) const { return !takes || takes(values); }
  bool HasEndOfSnapshot() const {
    return wants_snapshot && (mode == tlcp::Mode::kDistinct || mode == tlcp::Mode::kCommand);
  }
};

}  // namespace penstock::test
