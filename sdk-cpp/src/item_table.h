// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "data_session.h"
#include "item_feed.h"
#include "penstock/adapter/data_provider.h"
#include "worker_pool.h"

namespace penstock::adapter {

// The items of a host: the requests that its servers make of them, and the provider's calls that
// come of it. The requests of an item run in order and one at a time, whichever server
// they are from; those of different items at the same time. The provider has an item as long as any
// server wants it; a subscription that its own server takes back while it waits is not shown to the
// provider.
// Owner: the adapter. Thread: any; the requests run on the pool.
// Invariant: each request is answered exactly once, in the order of its item's requests; but one
// that still waits when its session ends is forgotten.
class ItemTable {
 public:
  struct Request {
    std::shared_ptr<DataSession> session;
    std::string id;  // empty: made by EndSession(), nobody to answer
    bool subscribe = false;
    std::string resume_token = {};  // of a subscription
  };

  ItemTable(DataProvider* provider, WorkerPool* pool, std::shared_ptr<FeedContext> context)
      : provider_(provider), pool_(pool), context_(std::move(context)) {}

  void Add(const std::string& item, Request request);
  // The session wants nothing any more.
  void EndSession(const std::shared_ptr<DataSession>& session);

 private:
  struct Item {
    std::deque<Request> waiting;
    bool running = false;               // a call of the pool works on it
    const DataSession* asks = nullptr;  // whose request runs
    std::shared_ptr<ItemFeed> feed;     // set while the provider has the item
  };

  void AddLocked(const std::string& name, Request request);
  // Runs all that waits. Alone with the item's feed as long as `running`.
  void RunItem(const std::string& name);
  void Run(const std::string& name, Item* item, const Request& request, bool taken_back);
  // kRequest: the next request was taken. kRelease: nobody has the item, or waits for it.
  enum class Step { kRequest, kRelease, kNothing };
  Step NextStep(const std::string& name, Item** item, Request* request, bool* taken_back);
  // Of the item's waiting requests, whether one of `session` is for it or against it.
  static bool TakesBack(const Item& item, const DataSession* session);
  bool SomeoneWaits(const Item& item);
  void Subscribe(const std::string& name, Item* item, const Request& request);
  Status Open(const std::string& name, Item* item, const Request& request);
  void SetFeed(Item* item, std::shared_ptr<ItemFeed> feed);
  // If no server has the item or waits for it, the provider loses it.
  Status Release(const std::string& name, Item* item);

  DataProvider* const provider_;
  WorkerPool* const pool_;
  const std::shared_ptr<FeedContext> context_;

  std::mutex mutex_;
  // Nodes do not move: a running item is used outside of the lock by the one call that runs it.
  std::unordered_map<std::string, Item> items_;
};

}  // namespace penstock::adapter
