// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "ari/version.h"
#include "counters.h"
#include "outbox.h"

namespace penstock::adapter {

// Where the events of one connection go. Immutable; shared by its subscriptions.
struct EventChannel {
  std::shared_ptr<Outbox> outbox;
  ari::Dialect dialect;
  std::shared_ptr<CounterCells> counters;
};

// What a Subscription handle refers to: one generation of one item.
// Owner: shared by the handle and by the item's queue. Thread: any.
struct SubscriptionState {
  SubscriptionState(std::string item_name, std::string id,
                    std::shared_ptr<const EventChannel> event_channel)
      : item(std::move(item_name)), sub_id(std::move(id)), channel(std::move(event_channel)) {}

  const std::string item;
  const std::string sub_id;  // the id of the SUB request
  const std::shared_ptr<const EventChannel> channel;
  std::atomic<bool> open{true};
};

}  // namespace penstock::adapter
