// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <vector>

#include "kernel/data_source.h"
#include "kernel/event.h"
#include "kernel/merge_state.h"

namespace penstock::kernel {

// An item of a Data Adapter, whole: its state (the snapshot of later subscribers) and which shards
// have subscribers. Subscribed on the adapter exactly while there is such a shard.
//
// Owned by the ItemRegistry of its owner shard, chosen by hash. Shard: owner.
class Item {
 public:
  Item(DataSource& source, std::string name) : source_(source), name_(std::move(name)) {}

  DataSource& source() const { return source_; }
  const std::string& name() const { return name_; }
  const std::vector<LocalItemRef>& interested() const { return interested_; }
  const MergeState& state() const { return state_; }

  // Takes over what the adapter says. True if `*event`, completed, is to be published.
  bool Apply(ItemEvent* event);

 private:
  friend class ItemRegistry;

  // Fixed after construction.
  DataSource& source_;
  std::string name_;

  // State.
  std::vector<LocalItemRef> interested_;
  MergeState state_;
  // The adapter came back: what it says first replaces what is known, so that no field keeps a
  // value from before the loss that the adapter no longer confirms.
  bool replace_with_next_snapshot_ = false;
  bool snapshot_over_ = false;
  ItemRef self_;
  std::string key_;
};

}  // namespace penstock::kernel
