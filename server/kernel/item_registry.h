// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/slot_map.h"
#include "base/string_hash.h"
#include "kernel/data_source.h"
#include "kernel/event_batch.h"
#include "kernel/item.h"
#include "kernel/local_item.h"
#include "runtime/shard.h"

namespace penstock::kernel {

// What a shard counts; read by that shard only.
struct KernelCounters {
  std::uint64_t events = 0;        // adapter events applied to items of this shard
  std::uint64_t events_stale = 0;  // for items that nobody wants any more
  std::uint64_t events_no_change = 0;
  std::uint64_t published = 0;  // to local items
};

// The items of a shard: those it owns, and those its sessions subscribe (which another shard may
// own). One per shard; they know each other and talk by mail.
//
//   session: Attach/Detach      -> first and last local subscriber -> owner: interest
//   owner:   interest           -> first and last shard -> DataSource::Subscribe/Unsubscribe
//   adapter: EventRouter::Route -> owner: Apply -> Publish to the interested shards' LocalItems
//
// Shard: own. Owned by the app; outlives every session of its shard.
class ItemRegistry final : public runtime::TurnHook {
 public:
  explicit ItemRegistry(runtime::Shard& shard);
  ~ItemRegistry() override;

  // The registries of all shards, by shard index; before the first turn.
  void Connect(std::vector<ItemRegistry*> all);

  // Puts `subscriber` on the list of the item, which is subscribed if nobody had it.
  void Attach(DataSource& source, std::string_view name, Subscriber* subscriber);
  void Detach(Subscriber* subscriber);

  // An adapter event for an item that this shard owns.
  void Apply(ItemRef ref, ItemEvent event);

  // The local items with something new since the last call; valid until the next turn.
  std::vector<LocalItem*>& TakeDirty();

  const KernelCounters& counters() const { return counters_; }
  std::size_t item_count() const { return items_.size(); }
  runtime::Shard& shard() { return shard_; }

  void OnEndTurn() override;
  bool HasWork() const override;

 private:
  ItemRegistry& OwnerOf(std::string_view key);
  void AddInterest(DataSource& source, std::string key, std::string name, LocalItemRef local);
  void DropInterest(std::string key, LocalItemRef local);
  void Publish(const Item& item, LocalItemRef local, const ItemEvent& event);
  void SendState(const Item& item, LocalItemRef local);
  void DeliverLocal(LocalItemRef local, const ItemEvent& event);

  runtime::Shard& shard_;
  std::vector<ItemRegistry*> all_;

  // Owned items.
  SlotMap<Item> items_;
  absl::flat_hash_map<std::string, ItemRef, StringHash, std::equal_to<>> item_keys_;
  std::vector<EventBatch> fanout_;  // by destination shard

  // Subscribed items.
  SlotMap<LocalItem> locals_;
  absl::flat_hash_map<std::string, LocalItem*, StringHash, std::equal_to<>> local_keys_;
  std::vector<LocalItem*> dirty_;
  std::vector<LocalItem*> taken_;

  KernelCounters counters_;
};

}  // namespace penstock::kernel
