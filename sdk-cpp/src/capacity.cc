// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "capacity.h"

namespace penstock::adapter {

void Capacity::Join() {
  const std::lock_guard lock(mutex_);
  ++ready_;
  Update();
  Change();
}

void Capacity::Leave(bool full) {
  const std::lock_guard lock(mutex_);
  --ready_;
  if (full) --full_;
  Update();
  Change();
}

void Capacity::SetFull(bool full) {
  const std::lock_guard lock(mutex_);
  full ? ++full_ : --full_;
  Update();
  if (!full) Change();
}

void Capacity::Wait(uint64_t seen) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return changes() != seen; });
}

void Capacity::Wake() {
  const std::lock_guard lock(mutex_);
  Change();
}

void Capacity::Update() {
  exhausted_.store(ready_ > 0 && full_ == ready_, std::memory_order_release);
}

void Capacity::Change() {
  changes_.fetch_add(1, std::memory_order_release);
  changed_.notify_all();
}

}  // namespace penstock::adapter
