// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item_registry.h"

#include <algorithm>

#include "base/check.h"

namespace penstock::kernel {

namespace {

// Items of different adapters may have the same name.
std::string KeyOf(const DataSource& source, std::string_view name) {
  std::string key = std::to_string(source.id().value());
  key += '/';
  key += name;
  return key;
}

}  // namespace

ItemRegistry::ItemRegistry(runtime::Shard& shard) : shard_(shard) {
  shard_.AddHook(runtime::TurnPhase::kFanout, this);
}

ItemRegistry::~ItemRegistry() { shard_.RemoveHook(runtime::TurnPhase::kFanout, this); }

void ItemRegistry::Connect(std::vector<ItemRegistry*> all) {
  all_ = std::move(all);
  fanout_.resize(all_.size());
}

ItemRegistry& ItemRegistry::OwnerOf(std::string_view key) {
  return *all_[StringHash{}(key) % all_.size()];
}

void ItemRegistry::Attach(DataSource& source, std::string_view name, Subscriber* subscriber) {
  std::string key = KeyOf(source, name);
  if (const auto it = local_keys_.find(key); it != local_keys_.end()) {
    it->second->Add(subscriber);
    return;
  }
  auto made = std::make_unique<LocalItem>(ItemRef{}, std::string(name));
  LocalItem* const local = made.get();
  const auto slot = locals_.Insert(std::move(made));
  local->self_ = {shard_.index(), slot.slot, slot.generation};
  local->key_ = key;
  local_keys_.emplace(key, local);
  local->Add(subscriber);
  ItemRegistry& owner = OwnerOf(key);
  if (&owner == this) {
    AddInterest(source, std::move(key), local->name(), local->self_);
    return;
  }
  shard_.Mail(owner.shard_, [&owner, &source, key = std::move(key), item = local->name(),
                             ref = local->self_]() mutable {
    owner.AddInterest(source, std::move(key), std::move(item), ref);
  });
}

void ItemRegistry::Detach(Subscriber* subscriber) {
  LocalItem* const local = subscriber->item;
  local->Remove(subscriber);
  if (!local->subscribers().empty()) return;
  if (local->dirty_) std::erase(dirty_, local);
  std::erase(taken_, local);
  ItemRegistry& owner = OwnerOf(local->key_);
  const LocalItemRef ref = local->self_;
  std::string key = local->key_;
  local_keys_.erase(key);
  const std::unique_ptr<LocalItem> dying = locals_.Remove(ref.slot);
  if (&owner == this) {
    DropInterest(std::move(key), ref);
    return;
  }
  shard_.Mail(owner.shard_, [&owner, key = std::move(key), ref]() mutable {
    owner.DropInterest(std::move(key), ref);
  });
}

void ItemRegistry::AddInterest(DataSource& source, std::string key, std::string name,
                               LocalItemRef local) {
  if (const auto it = item_keys_.find(key); it != item_keys_.end()) {
    Item& item = *items_.Find(it->second.slot, it->second.generation);
    item.interested_.push_back(local);
    SendState(item, local);
    return;
  }
  auto made = std::make_unique<Item>(source, std::move(name));
  Item* const item = made.get();
  const auto slot = items_.Insert(std::move(made));
  item->self_ = {shard_.index(), slot.slot, slot.generation};
  item->key_ = std::move(key);
  item->interested_.push_back(local);
  item_keys_.emplace(item->key_, item->self_);
  source.Subscribe(item->self_, item->name());
}

void ItemRegistry::DropInterest(std::string key, LocalItemRef local) {
  const auto it = item_keys_.find(key);
  if (it == item_keys_.end()) {
    PENSTOCK_BUG("interest dropped in an item that is not there");
    return;
  }
  const ItemRef ref = it->second;
  Item& item = *items_.Find(ref.slot, ref.generation);
  std::erase(item.interested_, local);
  if (!item.interested_.empty()) return;
  item.source().Unsubscribe(ref);
  item_keys_.erase(it);
  items_.Remove(ref.slot);
}

void ItemRegistry::Apply(ItemRef ref, ItemEvent event) {
  Item* const item = items_.Find(ref.slot, ref.generation);
  if (item == nullptr) {
    ++counters_.events_stale;
    return;
  }
  ++counters_.events;
  if (!item->Apply(&event)) {
    ++counters_.events_no_change;
    return;
  }
  for (const LocalItemRef& local : item->interested()) Publish(*item, local, event);
}

void ItemRegistry::Publish(const Item& /*item*/, LocalItemRef local, const ItemEvent& event) {
  ++counters_.published;
  if (local.shard == shard_.index()) {
    DeliverLocal(local, event);
  } else {
    fanout_[local.shard].Append(local, event);
  }
}

void ItemRegistry::SendState(const Item& item, LocalItemRef local) {
  if (item.state().generation() == 0) return;
  std::vector<FieldValue> fields;
  item.state().CopyTo(&fields);
  Publish(item, local, ItemEvent{EventKind::kUpdate, true, true, fields});
}

void ItemRegistry::DeliverLocal(LocalItemRef ref, const ItemEvent& event) {
  LocalItem* const local = locals_.Find(ref.slot, ref.generation);
  if (local == nullptr || !local->Deliver(event) || local->dirty_) return;
  local->dirty_ = true;
  dirty_.push_back(local);
}

std::vector<LocalItem*>& ItemRegistry::TakeDirty() {
  taken_.clear();
  std::swap(taken_, dirty_);
  for (LocalItem* local : taken_) local->dirty_ = false;
  return taken_;
}

bool ItemRegistry::HasWork() const {
  if (!dirty_.empty()) return true;
  return std::any_of(fanout_.begin(), fanout_.end(),
                     [](const EventBatch& batch) { return !batch.empty(); });
}

void ItemRegistry::OnEndTurn() {
  for (std::size_t i = 0; i < fanout_.size(); ++i) {
    if (fanout_[i].empty()) continue;
    ItemRegistry& target = *all_[i];
    shard_.Mail(target.shard_, [&target, batch = std::move(fanout_[i])] {
      batch.ForEach(
          [&target](SlotRef ref, const ItemEvent& event) { target.DeliverLocal(ref, event); });
    });
    fanout_[i] = EventBatch();
  }
}

}  // namespace penstock::kernel
