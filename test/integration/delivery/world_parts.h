// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

// What a World is made of: for its own files alone.

#include <utility>

#include "delivery/world.h"

namespace penstock::test {

struct World::Event {
  kernel::EventKind kind = kernel::EventKind::kUpdate;
  bool is_snapshot = false;
  bool replaces = false;
  Changes changes;
};

// Tells the world what the kernel asks of the adapter.
class World::Source final : public kernel::DataSource {
 public:
  explicit Source(World& world) : world_(world) {}
  kernel::DataSourceId id() const override { return kernel::DataSourceId(1); }
  void Subscribe(kernel::ItemRef item, std::string name) override {
    world_.OnSubscribe(item, name);
  }
  void Unsubscribe(kernel::ItemRef item) override { world_.OnUnsubscribe(item); }

 private:
  World& world_;
};

// A shard and what lives on it. Events for items of the other shard reach their models when they
// reach the items: the hook mails them right behind the router's batch.
struct World::ShardParts final : runtime::TurnHook {
  ShardParts(World& world, std::size_t index)
      : shard(static_cast<runtime::ShardIndex>(index), world.setting_.shards, world.clock_),
        items(shard),
        router(shard, world.field_registry_),
        table(shard, world.options_, items, world.field_registry_, world.gate_) {
    shard.AddHook(runtime::TurnPhase::kRoute, this);
  }
  ~ShardParts() override { shard.RemoveHook(runtime::TurnPhase::kRoute, this); }
  void OnEndTurn() override {
    for (auto& [target, task] : behind_batch) shard.Mail(*target, std::move(task));
    behind_batch.clear();
  }

  runtime::Shard shard;
  kernel::ItemRegistry items;
  kernel::EventRouter router;
  session::SessionTable table;
  std::vector<std::pair<runtime::Shard*, runtime::Task>> behind_batch;
};

}  // namespace penstock::test
