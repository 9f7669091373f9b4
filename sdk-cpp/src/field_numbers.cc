// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "field_numbers.h"

#include <mutex>
#include <vector>

namespace penstock::adapter {
namespace {

// What a thread remembers: the fields of the updates that it sends, as a rule in their order.
struct Recent {
  struct Entry {
    std::string_view name;
    uint32_t number;
  };
  static constexpr size_t kMost = 64;

  uint64_t table = 0;
  size_t next = 0;  // where the name is that follows the last one
  std::vector<Entry> entries;
};

std::atomic<uint64_t> last_id{0};

}  // namespace

FieldNumbers::FieldNumbers() : id_(++last_id) {}

uint32_t FieldNumbers::Of(std::string_view name) {
  thread_local Recent recent;
  if (recent.table != id_) {
    recent.table = id_;
    recent.entries.clear();
  }
  const size_t count = recent.entries.size();
  for (size_t tried = 0; tried < count; ++tried) {
    const size_t at = (recent.next + tried) % count;
    if (recent.entries[at].name != name) continue;
    recent.next = at + 1;
    return recent.entries[at].number;
  }
  const uint32_t number = Look(name);
  if (number == 0) return 0;
  if (count == Recent::kMost) recent.entries.clear();
  recent.entries.push_back({NameOf(number), number});
  recent.next = 0;
  return number;
}

uint32_t FieldNumbers::Look(std::string_view name) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto at = numbers_.find(name); at != numbers_.end()) return at->second;
  }
  const std::lock_guard lock(mutex_);
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  if (names_.size() == kMost) return 0;
  const auto number = static_cast<uint32_t>(names_.size() + 1);
  const auto at = numbers_.emplace(std::string(name), number).first;
  names_.emplace_back(at->first);
  size_.store(number, std::memory_order_release);
  return number;
}

std::string_view FieldNumbers::NameOf(uint32_t number) const {
  const std::shared_lock lock(mutex_);
  return names_[number - 1];
}

}  // namespace penstock::adapter
