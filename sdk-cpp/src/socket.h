// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "penstock/adapter/result.h"

namespace penstock::adapter {

// The system's words for an errno.
std::string ErrorText(int error);

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The word to stop, said once and for all and heard by all threads of a host.
// Thread: any.
class StopSignal {
 public:
  StopSignal();
  // Whoever hears it has `drain` to end in order. Only the first call counts.
  void Raise(std::chrono::milliseconds drain);
  bool raised() const { return raised_.load(); }
  const std::atomic<bool>& flag() const { return raised_; }
  std::chrono::milliseconds drain() const { return std::chrono::milliseconds(drain_.load()); }
  // Readable once raised.
  int fd() const { return read_.get(); }
  // Waits; true if it was raised.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  std::atomic<bool> claimed_{false};
  std::atomic<bool> raised_{false};
  std::atomic<int64_t> drain_{0};
  UniqueFd read_;
  UniqueFd write_;
};

// The longest that anything here waits which has a limit at all. No sum of times runs over by it,
// whatever the user gives.
inline constexpr std::chrono::hours kLongestWait{24};

// The moment that is `time` away from now; a time out of range is as good as the nearest in it.
std::chrono::steady_clock::time_point DeadlineAfter(std::chrono::milliseconds time);

// How long an attempt may take: until a moment, and until the host is stopped.
struct Patience {
  std::chrono::steady_clock::time_point deadline;
  const StopSignal* stop;

  // Polls for `events`. The error says why there is no more waiting.
  Status WaitFor(int fd, short events) const;
  // Polls all of `waits`, until a moment that is no error.
  Status WaitForAny(std::vector<pollfd>* waits, std::chrono::steady_clock::time_point until) const;
};

// For poll(): the time left, rounded up; -1, for ever, if the deadline is the last of all moments.
int MillisUntil(std::chrono::steady_clock::time_point deadline);

}  // namespace penstock::adapter
