// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/subscription.h"
#include "stocklist/replay.h"

namespace penstock::stocklist {

// The Data Adapter: one thread steps the replay by the clock and sends what changed to the items
// that are subscribed. The replay goes on when nobody looks, as a market does.
// Owned by main, shared with its host. Shard: none; the mutex guards replay and subscriptions, and
// is held while events are sent, so that a snapshot never overtakes an update or the reverse.
class StocklistData final : public adapter::DataProvider {
 public:
  StocklistData(Replay replay, double days_per_second);
  ~StocklistData() override;

  // Ends the replay. After the host has stopped: its calls may be waiting for room in a queue that
  // only the host empties.
  void Stop();

  adapter::Status Subscribe(adapter::Subscription subscription) override;
  adapter::Status Unsubscribe(std::string_view item) override;
  bool IsSnapshotAvailable(std::string_view item) override;

 private:
  void Run(double days_per_second);
  void StepOnce();

  std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool stopping_ = false;
  Replay replay_;
  std::map<std::string, adapter::Subscription, std::less<>> subscriptions_;

  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace penstock::stocklist
