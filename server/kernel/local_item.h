// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel/event.h"
#include "kernel/merge_state.h"

namespace penstock::kernel {

class LocalItem;

// A place in the subscriber list of a LocalItem; the session's view of an item derives from it.
struct Subscriber {
  LocalItem* item = nullptr;
  std::uint32_t position = 0;
};

// Whatever the pump wants to keep beside an item (its cache of encoded tails).
struct ItemAttachment {
  virtual ~ItemAttachment() = default;
};

// An item as one shard with subscribers sees it: current values and their generation. Publishing
// costs the same however many subscribers there are: the values are stored, the generation grows,
// the item is marked once a turn. Who subscribes is told by the pump, which compares generations.
//
// Owned by the ItemRegistry of its shard, while it has a subscriber. Shard: the subscribers'.
class LocalItem {
 public:
  LocalItem(ItemRef owner, std::string name) : owner_(owner), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  const MergeState& state() const { return state_; }
  std::uint32_t generation() const { return state_.generation(); }
  // The last generation that a real-time event brought; what came before is snapshot.
  std::uint32_t realtime_generation() const { return realtime_generation_; }
  const std::vector<Subscriber*>& subscribers() const { return subscribers_; }
  ItemAttachment* attachment() const { return attachment_.get(); }
  void set_attachment(std::unique_ptr<ItemAttachment> made) { attachment_ = std::move(made); }

 private:
  friend class ItemRegistry;

  // True if subscribers have something new to see.
  bool Deliver(const ItemEvent& event);
  void Add(Subscriber* subscriber);
  void Remove(Subscriber* subscriber);

  // Fixed after construction.
  ItemRef owner_;
  std::string name_;

  // State.
  MergeState state_;
  std::uint32_t realtime_generation_ = 0;
  bool dirty_ = false;  // in the registry's list of this turn
  LocalItemRef self_;
  std::string key_;
  std::vector<Subscriber*> subscribers_;
  std::unique_ptr<ItemAttachment> attachment_;
};

}  // namespace penstock::kernel
