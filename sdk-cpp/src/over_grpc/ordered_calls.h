// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "worker_pool.h"

namespace penstock::adapter {

// Calls on the pool of which those with the same key run in order, one at a time; those without a
// key, and of different keys, beside each other.
// Owner: a session, which outlives the calls. Thread: any.
class OrderedCalls {
 public:
  using Call = std::function<void()>;

  explicit OrderedCalls(WorkerPool* pool) : pool_(pool) {}

  void Post(const std::string& key, Call call);

 private:
  void Run(const std::string& key, const Call& call);

  WorkerPool* const pool_;
  std::mutex mutex_;
  // A key is here as long as a call of it runs or waits for a thread.
  std::unordered_map<std::string, std::deque<Call>> waiting_;
};

}  // namespace penstock::adapter
