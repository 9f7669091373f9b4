// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "runtime/shard.h"

namespace penstock::runtime {

// The shards of the process and their threads. Owned by the app; outlives all that lives on them.
class ShardPool {
 public:
  ShardPool(std::size_t count, const Clock& clock);
  ~ShardPool();

  std::size_t size() const { return shards_.size(); }
  Shard& operator[](std::size_t index) { return *shards_[index]; }

  void Start();
  bool running() const { return !threads_.empty(); }
  // Ends every shard's loop and joins the threads. The shards stay, with what they hold.
  void StopAndJoin();

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::thread> threads_;
};

}  // namespace penstock::runtime
