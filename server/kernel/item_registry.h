// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
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
  std::uint64_t events_invalid = 0;      // COMMAND without a key or a command
  std::uint64_t events_prefiltered = 0;  // merged or replaced before anybody saw them
  std::uint64_t published = 0;           // to local items
  std::uint64_t refused = 0;             // subscribers of an item in use in another mode
  std::uint64_t lingered = 0;            // items that were wanted again before their linger ended
};

// The items of a shard: those it owns, and those its sessions subscribe (which another shard may
// own). One per shard; they know each other and talk by mail.
//
//   session: Attach/Detach      -> first and last local subscriber -> owner: interest
//   owner:   interest           -> first and last shard -> DataSource::Subscribe/Unsubscribe
//   owner:   mode               -> the local item is accepted or refused -> TakeSettled
//   adapter: EventRouter::Route -> owner: Apply -> Publish to the interested shards' LocalItems
//
// Shard: own. Owned by the app; outlives every session of its shard.
class ItemRegistry final : public runtime::TurnHook, private ItemPublisher {
 public:
  explicit ItemRegistry(runtime::Shard& shard);
  ~ItemRegistry() override;

  // The registries of all shards, by shard index; before the first turn.
  void Connect(std::vector<ItemRegistry*> all);

  // Puts `subscriber` on the list of the item, which is subscribed if nobody had it. Whether the
  // mode is possible is in item->status(), at once if this shard owns the item; else the item is
  // among TakeSettled() once the owner has answered. A refused item is to be detached.
  void Attach(DataSource& source, std::string_view name, View view, const ItemTraits& traits,
              Subscriber* subscriber);
  // The item stays subscribed on the adapter for `linger` if this was the last subscriber.
  void Detach(Subscriber* subscriber, Duration linger = Duration::zero());

  // An adapter event for an item that this shard owns.
  void Apply(ItemRef ref, const ItemEvent& event);

  // The local items with something new since the last call; valid until ForgetTaken().
  std::vector<LocalItem*>& TakeDirty();
  void ForgetTaken() { taken_.clear(); }
  // The local items whose owner has answered since; valid until one of them is detached.
  std::vector<LocalItem*> TakeSettled();
  bool has_settled() const { return !settled_.empty(); }

  const KernelCounters& counters() const { return counters_; }
  std::size_t item_count() const { return items_.size(); }
  runtime::Shard& shard() { return shard_; }

  void OnEndTurn() override;
  bool HasWork() const override;

 private:
  ItemRegistry& OwnerOf(std::string_view key);
  void AddInterest(DataSource& source, std::string key, std::string name, View view,
                   const ItemTraits& traits, LocalItemRef local);
  void DropInterest(const std::string& key, LocalItemRef local, Duration linger);
  void Settle(LocalItemRef ref, bool accepted);
  // To this shard's local item, or into the batch for its shard.
  void Send(LocalItemRef local, const ItemEvent& event);
  void Publish(const Item& item, Mode mode, const ItemEvent& event) override;
  void DeliverLocal(LocalItemRef local, const ItemEvent& event);
  Item& MakeItem(DataSource& source, std::string key, std::string name);
  void RemoveItem(Item& item);
  void ArmTimer(Item& item, TimePoint at);
  void OnItemTimer(Item& item);

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
  std::vector<LocalItem*> settled_;

  KernelCounters counters_;
};

}  // namespace penstock::kernel
