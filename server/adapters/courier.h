// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <utility>

#include "runtime/shard_pool.h"

namespace penstock::adapters {

// Carries calls between the shard of a caller and the shard of a proxy. Everything goes by mail,
// within one shard too: nobody is called back from inside a call of his own.
// Owned by the hub. Shard: any.
class Courier {
 public:
  explicit Courier(runtime::ShardPool& shards) : shards_(shards) {}

  // The shard that runs the caller; null on a foreign thread.
  runtime::Shard* Here() const {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      if (shards_[i].OnThisShard()) return &shards_[i];
    }
    return nullptr;
  }

  // In order with all that the calling shard sends to `destination`.
  void Send(runtime::Shard& destination, runtime::Task task) const {
    if (runtime::Shard* const here = Here()) {
      here->Mail(destination, std::move(task));
    } else {
      destination.Post(std::move(task));
    }
  }

 private:
  runtime::ShardPool& shards_;
};

}  // namespace penstock::adapters
