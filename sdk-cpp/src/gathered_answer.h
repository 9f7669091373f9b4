// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "penstock/adapter/result.h"

namespace penstock::adapter {

// The one answer to a request that went to one or more servers: the worst of theirs, once all have
// come. An error is worse than a no, a no worse than a yes.
// Owner: shared by the calls under way. Thread: any.
template <class R>
class GatheredAnswer {
 public:
  explicit GatheredAnswer(size_t expected) : missing_(expected) {}
  std::future<R> future() { return promise_.get_future(); }

  void Add(R answer) {
    const std::lock_guard lock(mutex_);
    if (!worst_ || IsWorse(answer, *worst_)) worst_.emplace(std::move(answer));
    if (--missing_ == 0) promise_.set_value(std::move(*worst_));
  }

 private:
  static bool IsWorse(const Status& a, const Status& b) { return !a.ok() && b.ok(); }
  static bool IsWorse(const Result<bool>& a, const Result<bool>& b) {
    return b.ok() && (!a.ok() || (!*a && *b));
  }

  std::mutex mutex_;
  size_t missing_;
  std::optional<R> worst_;
  std::promise<R> promise_;
};

}  // namespace penstock::adapter
