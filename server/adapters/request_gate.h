// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/string_hash.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// Lets so many requests at a time be under way at a remote adapter; those beyond wait, in order, up
// to a bound. Who cannot be refused waits whatever the bound, so whoever enters so sees to one: an
// end goes behind its beginning through the same gate, and a beginning that nobody wants any more
// is called off. Then no more wait than there are things that have begun or are wanted.
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
  bool full() const {
    return most_ != 0 && (held_ || running_ >= most_) &&
           waiting_.size() >= most_waiting_ + unrefusable_;
  }
  bool idle() const { return running_ == 0 && waiting_.empty() && !in_run_; }

  // Runs `start` now or when its turn has come.
  void Enter(runtime::Task start) { Wait({std::move(start), true, {}}); }
  // The same for who cannot be refused, and takes no place from those who can.
  void EnterAnyway(runtime::Task start) { Wait({std::move(start), false, {}}); }
  // The same under a name that nobody else has, to be called off by.
  void EnterAnyway(std::string name, runtime::Task start) {
    Wait({std::move(start), false, std::move(name)});
  }
  // True if it still waited: it is forgotten. False: it has begun, and needs an end.
  bool CallOff(std::string_view name) {
    const auto it = by_name_.find(name);
    if (it == by_name_.end()) return false;
    const auto place = it->second;
    by_name_.erase(it);
    waiting_.erase(place);
    --unrefusable_;
    return true;
  }
  void Leave() {
    --running_;
    Run();
  }
  // Lets nobody in, until Release().
  void Hold() { held_ = true; }
  void Release() {
    held_ = false;
    Run();
  }
  // Forgets those that run and those that wait.
  void Reset() {
    running_ = 0;
    unrefusable_ = 0;
    by_name_.clear();
    waiting_.clear();
  }

 private:
  struct Waiting {
    runtime::Task start;
    bool refusable;
    std::string name;  // empty: none
  };

  void Wait(Waiting one) {
    if (!one.refusable) ++unrefusable_;
    waiting_.push_back(std::move(one));
    const auto last = std::prev(waiting_.end());
    if (!last->name.empty()) by_name_.emplace(last->name, last);
    Run();
  }
  // A request may end inside of its start, thousands in a row: none of them nests.
  void Run() {
    if (std::exchange(in_run_, true)) return;
    while (!held_ && !waiting_.empty() && (most_ == 0 || running_ < most_)) {
      Waiting one = std::move(waiting_.front());
      waiting_.pop_front();
      if (!one.refusable) --unrefusable_;
      if (!one.name.empty()) by_name_.erase(one.name);
      ++running_;
      one.start();
    }
    in_run_ = false;
  }

  // Fixed after construction.
  const std::size_t most_;
  const std::size_t most_waiting_;

  // State.
  std::size_t running_ = 0;
  std::size_t unrefusable_ = 0;  // of those that wait
  std::list<Waiting> waiting_;
  absl::flat_hash_map<std::string, std::list<Waiting>::iterator, StringHash, std::equal_to<>>
      by_name_;  // of those that wait
  bool in_run_ = false;
  bool held_ = false;
};

}  // namespace penstock::adapters
