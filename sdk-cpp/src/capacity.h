// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace penstock::adapter {

// Which of the ready nodes have room for events, and where providers wait while none has.
// Owner: shared by the host, its outboxes and the subscription handles. Thread: any.
class Capacity {
 public:
  // A node is ready, and has room.
  void Join();
  // It is not any more; `full`: it had no room.
  void Leave(bool full);
  // A ready node has no more room, or has room again.
  void SetFull(bool full);

  // There are ready nodes, and each is full.
  bool exhausted() const { return exhausted_.load(std::memory_order_acquire); }
  // Returns when that is not so, or `wanted` is false any more.
  void Wait(const std::atomic<bool>& wanted);
  // Makes Wait() look at its flag.
  void Wake();

 private:
  void Update();

  std::mutex mutex_;
  std::condition_variable room_;
  size_t ready_ = 0;
  size_t full_ = 0;
  std::atomic<bool> exhausted_{false};
};

}  // namespace penstock::adapter
