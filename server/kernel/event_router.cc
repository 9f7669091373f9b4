// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/event_router.h"

#include <algorithm>

namespace penstock::kernel {

EventRouter::EventRouter(runtime::Shard& shard, FieldRegistry& fields)
    : shard_(shard), field_names_(fields) {
  shard_.AddHook(runtime::TurnPhase::kRoute, this);
}

EventRouter::~EventRouter() { shard_.RemoveHook(runtime::TurnPhase::kRoute, this); }

void EventRouter::Connect(std::vector<ItemRegistry*> all) {
  all_ = std::move(all);
  batches_.resize(all_.size());
}

void EventRouter::Route(ItemRef item, const ItemEvent& event) {
  if (item.shard == shard_.index()) {
    all_[item.shard]->Apply(item, event);
  } else {
    batches_[item.shard].Append(item, event);
  }
}

bool EventRouter::HasWork() const {
  return std::any_of(batches_.begin(), batches_.end(),
                     [](const EventBatch& batch) { return !batch.empty(); });
}

void EventRouter::OnEndTurn() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (batches_[i].empty()) continue;
    ItemRegistry& target = *all_[i];
    shard_.Mail(target.shard(), [&target, batch = batches_[i].Take()] {
      batch.ForEach([&target](SlotRef ref, const ItemEvent& event) { target.Apply(ref, event); });
    });
  }
}

}  // namespace penstock::kernel
