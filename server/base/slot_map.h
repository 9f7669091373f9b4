// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace penstock {

// Owns objects under small stable numbers with a generation each, so that a late message for a
// dead object finds nothing. Shard: that of its owner.
template <class T>
class SlotMap {
 public:
  struct Key {
    std::uint32_t slot;
    std::uint32_t generation;
  };

  Key Insert(std::unique_ptr<T> object) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots_[slot].object = std::move(object);
    return {slot, slots_[slot].generation};
  }

  T* Find(std::uint32_t slot, std::uint32_t generation) const {
    if (slot >= slots_.size() || slots_[slot].generation != generation) return nullptr;
    return slots_[slot].object.get();
  }

  std::unique_ptr<T> Remove(std::uint32_t slot) {
    std::unique_ptr<T> object = std::move(slots_[slot].object);
    ++slots_[slot].generation;
    free_.push_back(slot);
    return object;
  }

  // Calls `visit` for each object; it may remove any.
  template <class Visitor>
  void ForEach(Visitor&& visit) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].object != nullptr) visit(*slots_[i].object);
    }
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    std::uint32_t generation = 1;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace penstock
