// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "runtime/shard.h"

namespace penstock::adapters {

// Lets so many requests at a time be under way at a remote adapter; those beyond wait, in order, up
// to a bound.
//
//   if (gate.full()) return Refuse();
//   gate.Enter([this] { link->Call([this](auto) { gate.Leave(); }); });
//
// Owned by who makes the requests. Shard: the proxy's. Each request that starts ends in Leave().
class RequestGate {
 public:
  // No limit where `most` is 0.
  RequestGate(std::size_t most, std::size_t most_waiting)
      : most_(most), most_waiting_(most_waiting) {}

  // There is no place left, not even to wait.
  bool full() const { return most_ != 0 && running_ >= most_ && waiting_.size() >= most_waiting_; }
  bool idle() const { return running_ == 0 && waiting_.empty() && !in_run_; }

  // Runs `start` now or when its turn has come. May be called when full(), by who cannot be
  // refused.
  void Enter(runtime::Task start) {
    waiting_.push_back(std::move(start));
    Run();
  }
  void Leave() {
    --running_;
    Run();
  }
  // Forgets those that run and those that wait.
  void Reset() {
    running_ = 0;
    waiting_.clear();
  }

 private:
  // A request may end inside of its start, thousands in a row: none of them nests.
  void Run() {
    if (std::exchange(in_run_, true)) return;
    while (!waiting_.empty() && (most_ == 0 || running_ < most_)) {
      runtime::Task start = std::move(waiting_.front());
      waiting_.pop_front();
      ++running_;
      start();
    }
    in_run_ = false;
  }

  // Fixed after construction.
  const std::size_t most_;
  const std::size_t most_waiting_;

  // State.
  std::size_t running_ = 0;
  std::deque<runtime::Task> waiting_;
  bool in_run_ = false;
};

}  // namespace penstock::adapters
