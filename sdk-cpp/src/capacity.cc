// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "capacity.h"

namespace penstock::adapter {

void Capacity::Join() {
  const std::lock_guard lock(mutex_);
  ++ready_;
  Update();
}

void Capacity::Leave(bool full) {
  const std::lock_guard lock(mutex_);
  --ready_;
  if (full) --full_;
  Update();
}

void Capacity::SetFull(bool full) {
  const std::lock_guard lock(mutex_);
  full ? ++full_ : --full_;
  Update();
}

void Capacity::Wait(const std::atomic<bool>& wanted) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return !exhausted() || !wanted.load(std::memory_order_acquire); });
}

void Capacity::Wake() {
  const std::lock_guard lock(mutex_);
  room_.notify_all();
}

void Capacity::Update() {
  exhausted_.store(ready_ > 0 && full_ == ready_, std::memory_order_release);
  if (!exhausted()) room_.notify_all();
}

}  // namespace penstock::adapter
