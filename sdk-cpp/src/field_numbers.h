// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace penstock::adapter {

// The names of the fields that a host has ever sent, numbered from 1 in the order of their first
// use: gRPC's streams say a name once and its number ever after. The numbers are the same for all
// servers of the host, so that an update is encoded once.
// Owner: the host. Thread: any.
class FieldNumbers {
 public:
  // A server knows no more, either.
  static constexpr uint32_t kMost = 1'000'000;

  FieldNumbers();

  // 0: the name is one too many. Takes no lock for names that this thread has used lately.
  uint32_t Of(std::string_view name);
  // How many names there are.
  uint32_t size() const { return size_.load(std::memory_order_acquire); }
  std::string_view NameOf(uint32_t number) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  uint32_t Look(std::string_view name);

  const uint64_t id_;  // never that of another table
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;
  std::deque<std::string_view> names_;  // of the map's keys, which do not move
  std::atomic<uint32_t> size_{0};
};

}  // namespace penstock::adapter
