// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "penstock/adapter/data_provider.h"
#include "session.h"
#include "subscription_state.h"

namespace penstock::adapter {

// SUB and USB of one connection (ari.md 4.2): the requests of an item run in order and one at a
// time, those of different items at the same time; a subscription that a later request takes back
// is not shown to the provider. Owner, thread, life: as Session. Invariant: each request is
// answered exactly once, in the order of the item's requests.
class DataSession : public Session {
 public:
  DataSession(SessionContext context, DataProvider* provider);

  void OnPacket(const ari::PacketHead& head) override;
  void EndInput() override;

 private:
  struct Request {
    std::string id;  // empty: made by EndInput(), nobody to answer
    bool subscribe = false;
  };
  struct Item {
    std::deque<Request> waiting;
    bool running = false;                        // a call of the pool works on it
    std::shared_ptr<SubscriptionState> current;  // set while the provider knows the item
  };

  void Enqueue(const std::string& name, Request request);
  void RunItem(const std::string& name);
  void Subscribe(const std::string& name, const Request& request);
  void Unsubscribe(const std::string& name, const Request& request);
  void Answer(const Request& request, ari::Method method, const Status& status);

  const SessionContext context_;
  const std::shared_ptr<const EventChannel> channel_;
  DataProvider* const provider_;

  std::mutex mutex_;
  // Nodes do not move: a running item is used outside of the lock by the one call that runs it.
  std::unordered_map<std::string, Item> items_;
};

}  // namespace penstock::adapter
