// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "outlet.h"
#include "socket.h"

namespace penstock::adapter {

// One connection with a server as bytes both ways, plain or TLS.
// Owner: the connection that reads it. Thread: one reads, one writes, at once; Shutdown() is for
// any. Invariant: a call never keeps the other thread waiting for the network.
class Stream : public Outlet {
 public:
  enum class ReadStatus {
    kGot,         // `size` bytes, at least one
    kNothingYet,  // poll for input, then again
    kEnd,         // the server says no more
    kFailed,      // why() tells
  };
  struct ReadResult {
    ReadStatus status;
    size_t size = 0;
  };

  ~Stream() override = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // What is there, without waiting.
  virtual ReadResult Read(std::span<char> buffer) = 0;
  // A read gives something that polling would not announce.
  virtual bool HasPending() = 0;
  // Why a read failed, for people. Thread: the reader.
  virtual std::string why() const = 0;

  // Ends reads, writes and what waits in them.
  void Shutdown() override;

  // After the last write: ends sending, then drops what still comes until the server has closed as
  // well, so that closing with unread bytes does not reset the connection under the last lines.
  void Linger(std::chrono::steady_clock::time_point deadline);

  // To poll for input.
  int fd() const { return fd_.get(); }

 protected:
  // Tells the server that no more comes.
  virtual void EndSending() = 0;

  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  const UniqueFd fd_;
};

}  // namespace penstock::adapter
