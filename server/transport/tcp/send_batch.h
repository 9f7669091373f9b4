// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

struct io_uring;

namespace penstock::tcp {

class Socket;

// Sends to many sockets with one system call, by io_uring, where the kernel has it: the entry into
// the kernel is a good part of what a small send costs. Whatever is added is sent when Submit()
// returns, as if each had been written by itself; sockets are told of what did not go.
//
// Where io_uring is not to be had (old kernels, containers that forbid it) nothing is ever taken,
// and everybody writes by himself. Owned by the endpoint of its shard, whose thread alone calls it.
class SendBatch {
 public:
  // The result of a send of which nothing is known.
  static constexpr int kUnknown = INT_MIN;
  struct Counters {
    std::uint64_t batches = 0;
    std::uint64_t sends = 0;
  };

  SendBatch();
  ~SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  // From now on until Submit(), Add() may take something. The first time asks the kernel.
  void Begin();
  // Takes a copy of `bytes` for a socket that has nothing else to send. False: the caller has to
  // write.
  bool Add(Socket* socket, int descriptor, std::string_view bytes);
  void Submit();
  // Sends what was added so far; Add() goes on taking.
  void Settle();

  const Counters& counters() const { return counters_; }

 private:
  struct Entry {
    Socket* socket;
    int descriptor;
    std::uint32_t begin;
    std::uint32_t size;
  };

  static bool Open(io_uring* ring);
  void Abandon();
  void SendOneByOne();
  void SendByRing();
  std::string_view BytesOf(const Entry& entry) const {
    return {bytes_.get() + entry.begin, entry.size};
  }

  bool asked_ = false;  // the kernel
  bool open_ = false;
  bool settling_ = false;
  std::unique_ptr<io_uring> ring_;
  std::unique_ptr<char[]> bytes_;
  std::size_t used_ = 0;
  std::vector<Entry> entries_;
  std::vector<int> results_;
  Counters counters_;
};

}  // namespace penstock::tcp
