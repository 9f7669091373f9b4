// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/ordered_calls.h"

#include <utility>

namespace penstock::adapter {

void OrderedCalls::Post(const std::string& key, Call call) {
  if (key.empty()) {
    pool_->Post(std::move(call));
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto [at, is_first] = waiting_.try_emplace(key);
  if (is_first) {
    pool_->Post([this, key, call = std::move(call)] { Run(key, call); });
  } else {
    at->second.push_back(std::move(call));
  }
}

// Posts the next one, so that no key keeps a thread for itself. The call's own reference to the
// session is what this still stands on.
void OrderedCalls::Run(const std::string& key, const Call& call) {
  call();
  const std::lock_guard lock(mutex_);
  const auto at = waiting_.find(key);
  if (at->second.empty()) {
    waiting_.erase(at);
    return;
  }
  pool_->Post([this, key, next = std::move(at->second.front())] { Run(key, next); });
  at->second.pop_front();
}

}  // namespace penstock::adapter
