// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "hostmonitor/figures.h"
#include "hostmonitor/host_sampler.h"
#include "penstock/adapter/data_provider.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/subscription.h"

namespace penstock::hostmonitor {

// The Data Adapter: one thread takes a reading an interval and sends of each subscribed item the
// fields that changed. An item without values yet (a rate needs two readings) has its snapshot at
// the next reading; one whose device goes away becomes null in every field.
// Owned by main, shared with its host. Shard: none; the mutex guards sampler and items, and is held
// while events are sent, so that a snapshot never overtakes an update or the reverse.
class HostmonitorData final : public adapter::DataProvider {
 public:
  HostmonitorData(HostSampler sampler, std::chrono::milliseconds interval);
  ~HostmonitorData() override;

  // Ends the readings. After the host has stopped: its calls may be waiting for room in a queue
  // that only the host empties.
  void Stop();

  adapter::Status Subscribe(adapter::Subscription subscription) override;
  adapter::Status Unsubscribe(std::string_view item) override;
  bool IsSnapshotAvailable(std::string_view item) override;

 private:
  struct Item {
    adapter::Subscription subscription;
    Fields sent;  // empty until the snapshot
  };

  void Run(std::chrono::milliseconds interval);
  void SampleOnce();

  std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool stopping_ = false;
  HostSampler sampler_;
  std::map<std::string, Item, std::less<>> items_;

  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace penstock::hostmonitor
