// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace penstock::adapter {

// Which of the ready nodes have room for events, and where providers wait for some.
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

  // How often there has been a reason to try once more: a node came, went, or has room again; or
  // Wake() was called.
  uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  // Returns when there were more than `seen`. Who reads the number before its attempt misses none.
  void Wait(uint64_t seen);
  void Wake();

 private:
  void Update();
  void Change();

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t ready_ = 0;
  size_t full_ = 0;
  std::atomic<bool> exhausted_{false};
  std::atomic<uint64_t> changes_{0};
};

}  // namespace penstock::adapter
