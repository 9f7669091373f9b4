// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "runtime/shard_pool.h"

#include <pthread.h>

#include <string>

namespace penstock::runtime {

ShardPool::ShardPool(std::size_t count, const Clock& clock) {
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(static_cast<ShardIndex>(i), count, clock));
  }
}

ShardPool::~ShardPool() { StopAndJoin(); }

void ShardPool::Start() {
  for (auto& shard : shards_) {
    threads_.emplace_back([&shard = *shard] {
      pthread_setname_np(pthread_self(), ("shard-" + std::to_string(shard.index())).c_str());
      shard.Run();
    });
  }
}

void ShardPool::StopAndJoin() {
  if (threads_.empty()) return;
  for (auto& shard : shards_) shard->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace penstock::runtime
