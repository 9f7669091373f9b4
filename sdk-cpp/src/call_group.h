// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace penstock::adapter {

// Counts the calls of one connection that wait or run, so that their end can be waited for, and
// that they do not become too many. Owner: a session. Thread: any.
class CallGroup {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0 || room_wanted_) changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return count_ == 0; });
  }
  // False if some are left by then.
  bool WaitUntil(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return count_ == 0; });
  }
  // Blocks while there are `limit` or more, unless `interrupted`; see Wake(). One thread only.
  void WaitForRoom(size_t limit, const std::atomic<bool>& interrupted) {
    std::unique_lock lock(mutex_);
    room_wanted_ = true;
    changed_.wait(lock, [&] { return count_ < limit || interrupted.load(); });
    room_wanted_ = false;
  }
  // Makes WaitForRoom() look at its flag.
  void Wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_ = 0;
  bool room_wanted_ = false;
};

}  // namespace penstock::adapter
