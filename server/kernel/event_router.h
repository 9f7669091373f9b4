// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <vector>

#include "kernel/event_batch.h"
#include "kernel/item_registry.h"
#include "runtime/shard.h"

namespace penstock::kernel {

// Where a shard's Data Adapters hand in their events. Items of this shard take them at once;
// others get one batch per owner shard and turn. Shard: own. Owned by the app, one per shard.
class EventRouter final : public runtime::TurnHook {
 public:
  EventRouter(runtime::Shard& shard, FieldRegistry& fields);
  ~EventRouter() override;

  // The registries of all shards, by shard index; before the first turn.
  void Connect(std::vector<ItemRegistry*> all);

  FieldNames& field_names() { return field_names_; }
  void Route(ItemRef item, const ItemEvent& event);

  void OnEndTurn() override;
  bool HasWork() const override;

 private:
  runtime::Shard& shard_;
  FieldNames field_names_;
  std::vector<ItemRegistry*> all_;
  std::vector<EventBatch> batches_;  // by owner shard
};

}  // namespace penstock::kernel
