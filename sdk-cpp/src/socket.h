// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace penstock::adapter {

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

// Connects to host:port, with TCP keepalive and without Nagle's delay; the socket blocks. No socket
// on failure, with the cause in *error. Gives up when `stop` is raised.
UniqueFd Dial(const std::string& host, uint16_t port, std::chrono::milliseconds timeout,
              const StopSignal& stop, std::string* error);

}  // namespace penstock::adapter
