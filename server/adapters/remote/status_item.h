// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/proxy_counters.h"
#include "kernel/event_router.h"

namespace penstock::adapters {

// An item by which clients see whether the remote adapter is there. The proxy serves it, the remote
// adapter never hears of it. One field, `status`; with a snapshot, whatever the recovery policy.
// Owned by a RemoteData. Shard: the proxy's.
class StatusItem {
 public:
  enum class Status : std::uint8_t {
    kConnecting,  // for the first time
    kConnected,
    kReconnecting,
  };

  // `name` is null where the operator wants no such item. Both others must outlive this.
  StatusItem(std::optional<std::string> name, kernel::EventRouter& router, ProxyCounters& counters);

  bool IsNamed(std::string_view name) const { return name_ == name; }
  bool Is(kernel::ItemRef item) const { return item_ == item; }
  // Somebody looks at it from now on, or no more.
  void Subscribe(kernel::ItemRef item);
  void Unsubscribe() { item_.reset(); }

  void Set(Status status);

 private:
  void Tell(bool is_snapshot);

  // Fixed after construction.
  const std::optional<std::string> name_;
  kernel::EventRouter& router_;
  ProxyCounters& counters_;

  // State.
  Status status_ = Status::kConnecting;
  std::optional<kernel::ItemRef> item_;  // while it is subscribed
};

}  // namespace penstock::adapters
