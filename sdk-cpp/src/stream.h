// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "socket.h"

namespace penstock::adapter {

// The bytes of one connection to a server, both ways.
// Owner: a node's link. Thread: one reads, one writes, any may shut it down. Life: connected when
// made; a loss shows as the end of reading or as a failing Write().
class Stream {
 public:
  // `fd` is a connected, blocking socket.
  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Readable when Read() is worth calling.
  int fd() const { return fd_.get(); }

  // As recv() without waiting: 0 at the end, below 0 with errno EAGAIN if nothing is there.
  ssize_t Read(char* to, size_t size);

  // One write, which may take only a part; waits until some is taken. Below 0 the connection is
  // gone.
  ssize_t Write(std::string_view bytes);

  // Wakes reader and writer; both see the end.
  void Shutdown();

  // No more will be written. Then reads and drops until the server has closed as well, so that
  // closing with unread bytes does not reset the connection under the lines just written.
  void Linger(std::chrono::steady_clock::time_point deadline);

 private:
  UniqueFd fd_;
};

}  // namespace penstock::adapter
