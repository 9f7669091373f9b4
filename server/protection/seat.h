// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace penstock::protection {

// One of a bounded number, given back when it dies. The number is that of all shards, and outlives
// every seat. Shard: any.
class Seat {
 public:
  Seat() = default;
  Seat(Seat&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Seat& operator=(Seat&& other) noexcept {
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~Seat() {
    if (taken_ != nullptr) taken_->fetch_sub(1, std::memory_order_relaxed);
  }

  // Empty if all `limit` are taken; 0 = no limit.
  [[nodiscard]] static Seat Take(std::atomic<std::size_t>& taken, std::size_t limit) {
    Seat seat;
    seat.taken_ = &taken;
    if (taken.fetch_add(1, std::memory_order_relaxed) >= limit && limit != 0) return {};
    return seat;
  }
  explicit operator bool() const { return taken_ != nullptr; }

 private:
  std::atomic<std::size_t>* taken_ = nullptr;
};

}  // namespace penstock::protection
