// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>

#include "base/strong_id.h"
#include "kernel/event.h"

namespace penstock::kernel {

using DataSourceId = StrongId<struct DataSourceIdTag, std::uint32_t>;

// A Data Adapter as the kernel sees it; adapters/ implements it. The kernel subscribes an item
// when its first subscriber comes and unsubscribes it when the last one has gone, strictly
// alternating. What the adapter says comes back through EventRouter::Route on the source's own
// shard, under the ItemRef given here.
//
// Shard: called on the shard that owns the item; the implementation finds its own way home.
// Calls for one item arrive in order. Lives longer than every shard's last turn.
class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual DataSourceId id() const = 0;
  virtual void Subscribe(ItemRef item, std::string name) = 0;
  virtual void Unsubscribe(ItemRef item) = 0;
};

}  // namespace penstock::kernel
