// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item_registry.h"

#include <algorithm>
#include <utility>

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

void ItemRegistry::Attach(DataSource& source, std::string_view name, View view,
                          const ItemTraits& traits, Subscriber* subscriber) {
  std::string key = KeyOf(source, name);
  // The views of an item are local items of their own.
  std::string local_key = key;
  local_key += static_cast<char>('0' + static_cast<int>(view));
  if (const auto it = local_keys_.find(local_key); it != local_keys_.end()) {
    it->second->Add(subscriber);
    return;
  }
  auto made = std::make_unique<LocalItem>(std::string(name), view);
  LocalItem* const local = made.get();
  const auto slot = locals_.Insert(std::move(made));
  local->self_ = {shard_.index(), slot.slot, slot.generation};
  local->key_ = local_key;
  if (view == View::kDistinct) {
    local->history_ = static_cast<std::uint32_t>(std::max(traits.distinct_snapshot_length, 0));
    local->log()->RaiseLimit(local->history_);
  }
  local_keys_.emplace(std::move(local_key), local);
  local->Add(subscriber);
  ItemRegistry& owner = OwnerOf(key);
  if (&owner == this) {
    AddInterest(source, std::move(key), local->name(), view, traits, local->self_);
    return;
  }
  shard_.Mail(owner.shard_, [&owner, &source, key = std::move(key), item = local->name(), view,
                             traits, ref = local->self_]() mutable {
    owner.AddInterest(source, std::move(key), std::move(item), view, traits, ref);
  });
}

void ItemRegistry::Detach(Subscriber* subscriber, Duration linger) {
  LocalItem* const local = subscriber->item;
  local->Remove(subscriber);
  if (!local->subscribers().empty()) return;
  if (local->dirty_) std::erase(dirty_, local);
  if (local->settled_) std::erase(settled_, local);
  std::erase(taken_, local);
  const LocalItemRef ref = local->self_;
  local_keys_.erase(local->key_);
  const std::unique_ptr<LocalItem> dying = locals_.Remove(ref.slot);
  if (dying->status() == LocalItem::Status::kRefused) return;  // the owner does not know it
  std::string key = dying->key_;
  key.pop_back();
  ItemRegistry& owner = OwnerOf(key);
  if (&owner == this) {
    DropInterest(key, ref, linger);
    return;
  }
  shard_.Mail(owner.shard_, [&owner, key = std::move(key), ref, linger] {
    owner.DropInterest(key, ref, linger);
  });
}

Item& ItemRegistry::MakeItem(DataSource& source, std::string key, std::string name) {
  auto made = std::make_unique<Item>(source, std::move(name));
  Item& item = *made;
  const auto slot = items_.Insert(std::move(made));
  item.self_ = {shard_.index(), slot.slot, slot.generation};
  item.key_ = std::move(key);
  item.registry_ = this;
  item_keys_.emplace(item.key_, item.self_);
  return item;
}

void ItemRegistry::RemoveItem(Item& item) {
  item.source().Unsubscribe(item.self_);
  item_keys_.erase(item.key_);
  items_.Remove(item.self_.slot);
}

void ItemRegistry::AddInterest(DataSource& source, std::string key, std::string name, View view,
                               const ItemTraits& traits, LocalItemRef local) {
  if (const auto it = item_keys_.find(key); it != item_keys_.end()) {
    Item& item = *items_.Find(it->second.slot, it->second.generation);
    const bool lingers = item.interested_.empty();
    if (lingers && !item.MayResume(view)) {
      RemoveItem(item);  // what it knows is of no use in this mode: it starts anew below
    } else {
      if (lingers) {
        item.timer_->Cancel();
        item.Release(shard_.now(), *this);
        if (item.release_at() != TimePoint::max()) ArmTimer(item, item.release_at());
        ++counters_.lingered;
      }
      const bool admitted = item.Admit(local, view, traits);
      if (local.shard == shard_.index()) {
        Settle(local, admitted);
      } else {
        ItemRegistry& target = *all_[local.shard];
        shard_.Mail(target.shard_, [&target, local, admitted] { target.Settle(local, admitted); });
      }
      if (!admitted) {
        ++counters_.refused;
        return;
      }
      item.WriteState(ModeOf(view), [&](const ItemEvent& event) { Send(local, event); });
      return;
    }
  }
  Item& item = MakeItem(source, std::move(key), std::move(name));
  item.Admit(local, view, traits);
  if (local.shard == shard_.index()) {
    Settle(local, true);
  } else {
    ItemRegistry& target = *all_[local.shard];
    shard_.Mail(target.shard_, [&target, local] { target.Settle(local, true); });
  }
  source.Subscribe(item.self_, item.name());
}

void ItemRegistry::DropInterest(const std::string& key, LocalItemRef local, Duration linger) {
  const auto it = item_keys_.find(key);
  if (it == item_keys_.end()) return;  // refused, and the answer is still on its way
  Item& item = *items_.Find(it->second.slot, it->second.generation);
  const std::size_t before = item.interested_.size();
  item.Dismiss(local);
  if (item.interested_.size() == before || !item.interested_.empty()) return;
  if (linger > Duration::zero()) {
    ArmTimer(item, shard_.now() + linger);
  } else {
    RemoveItem(item);
  }
}

void ItemRegistry::ArmTimer(Item& item, TimePoint at) {
  if (item.timer_ == nullptr) {
    item.timer_ = std::make_unique<runtime::WheelTimer>(
        [](void* context) {
          Item& due = *static_cast<Item*>(context);
          due.registry_->OnItemTimer(due);
        },
        &item);
  }
  shard_.wheel().Arm(*item.timer_, at);
}

void ItemRegistry::OnItemTimer(Item& item) {
  if (item.interested_.empty()) {
    RemoveItem(item);
    return;
  }
  item.Release(shard_.now(), *this);
}

void ItemRegistry::Settle(LocalItemRef ref, bool accepted) {
  LocalItem* const local = locals_.Find(ref.slot, ref.generation);
  if (local == nullptr) return;
  local->status_ = accepted ? LocalItem::Status::kAccepted : LocalItem::Status::kRefused;
  local->settled_ = true;
  settled_.push_back(local);
}

void ItemRegistry::Apply(ItemRef ref, const ItemEvent& event) {
  Item* const item = items_.Find(ref.slot, ref.generation);
  if (item == nullptr) {
    ++counters_.events_stale;
    return;
  }
  ++counters_.events;
  // While it lingers the timer is for that, and the prefilter lets go with the next event.
  if (item->interested_.empty()) item->Release(shard_.now(), *this);
  switch (item->Apply(event, shard_.now(), *this)) {
    case Applied::kTaken:
      break;
    case Applied::kNoChange:
      ++counters_.events_no_change;
      break;
    case Applied::kInvalid:
      ++counters_.events_invalid;
      break;
    case Applied::kPrefiltered:
      ++counters_.events_prefiltered;
      break;
  }
  const TimePoint due = item->release_at();
  if (due == TimePoint::max() || item->interested_.empty()) return;
  if (item->timer_ == nullptr || !item->timer_->armed()) ArmTimer(*item, due);
}

void ItemRegistry::Publish(const Item& item, Mode mode, const ItemEvent& event) {
  for (const Item::Interest& one : item.interested()) {
    if (ModeOf(one.view) == mode) Send(one.local, event);
  }
}

void ItemRegistry::Send(LocalItemRef local, const ItemEvent& event) {
  ++counters_.published;
  if (local.shard == shard_.index()) {
    DeliverLocal(local, event);
  } else {
    fanout_[local.shard].Append(local, event);
  }
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

std::vector<LocalItem*> ItemRegistry::TakeSettled() {
  for (LocalItem* local : settled_) local->settled_ = false;
  return std::exchange(settled_, {});
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
    shard_.Mail(target.shard_, [&target, batch = fanout_[i].Take()] {
      batch.ForEach(
          [&target](SlotRef ref, const ItemEvent& event) { target.DeliverLocal(ref, event); });
    });
  }
}

}  // namespace penstock::kernel
