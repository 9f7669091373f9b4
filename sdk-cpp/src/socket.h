// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

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

// Ends waits from another thread, once and for all.
class StopSignal {
 public:
  StopSignal();
  // Any thread.
  void Raise();
  // Readable once raised.
  int fd() const { return read_.get(); }
  // Waits; true if it was raised.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  UniqueFd read_;
  UniqueFd write_;
};

// Connects to host:port, with TCP keepalive and without Nagle's delay; the socket blocks. No socket
// on failure, with the cause in *error. Gives up when `stop` is raised.
UniqueFd Dial(const std::string& host, uint16_t port, std::chrono::milliseconds timeout,
              const StopSignal& stop, std::string* error);

}  // namespace penstock::adapter
