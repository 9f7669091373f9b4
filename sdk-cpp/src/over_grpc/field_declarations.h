// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "field_numbers.h"
#include "outbox.h"

namespace penstock::adapter {

// Which of the host's field names have been said on one stream.
// Owner: the stream's session. Thread: any.
class FieldDeclarations {
 public:
  // `fields` outlives it.
  explicit FieldDeclarations(FieldNumbers* fields) : fields_(fields) {}

  FieldNumbers& fields() { return *fields_; }

  // Queues the names that are new: before an event that may have their numbers.
  void CatchUp(Outbox* outbox) {
    if (declared_.load(std::memory_order_acquire) < fields_->size()) Declare(outbox);
  }

 private:
  void Declare(Outbox* outbox);

  FieldNumbers* const fields_;
  std::mutex mutex_;
  std::atomic<uint32_t> declared_{0};
};

}  // namespace penstock::adapter
