// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/stocklist_data.h"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "stocklist/replay_clock.h"

namespace penstock::stocklist {
namespace {

void Send(adapter::Subscription& subscription, const Fields& fields, bool snapshot) {
  std::vector<adapter::Field> event;
  event.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    event.push_back({name, value ? std::optional<std::string_view>(*value) : std::nullopt});
  }
  // A subscription that was closed meanwhile takes nothing; Unsubscribe() is on its way.
  subscription.Update(event, snapshot);
}

}  // namespace

StocklistData::StocklistData(Replay replay, double days_per_second)
    : replay_(std::move(replay)), thread_([this, days_per_second] { Run(days_per_second); }) {}

StocklistData::~StocklistData() { Stop(); }

void StocklistData::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_requested_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

adapter::Status StocklistData::Subscribe(adapter::Subscription subscription) {
  const std::lock_guard lock(mutex_);
  const std::string item = subscription.item();
  const Fields* present = replay_.Find(item);
  if (present == nullptr) {
    return adapter::SubscriptionError{"there is no item " + item};
  }
  Send(subscription, *present, true);
  subscriptions_.insert_or_assign(item, std::move(subscription));
  return {};
}

adapter::Status StocklistData::Unsubscribe(std::string_view item) {
  const std::lock_guard lock(mutex_);
  if (const auto found = subscriptions_.find(item); found != subscriptions_.end()) {
    subscriptions_.erase(found);
  }
  return {};
}

bool StocklistData::IsSnapshotAvailable(std::string_view) { return true; }

void StocklistData::Run(double days_per_second) {
  ReplayClock clock(days_per_second, std::chrono::steady_clock::now());
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    for (std::size_t due = clock.TakeDue(std::chrono::steady_clock::now()); due > 0; --due) {
      StepOnce();
    }
    stop_requested_.wait_until(lock, clock.next(), [this] { return stopping_; });
  }
}

void StocklistData::StepOnce() {
  for (const auto& [item, fields] : replay_.Step()) {
    if (const auto found = subscriptions_.find(item); found != subscriptions_.end()) {
      Send(found->second, fields, false);
    }
  }
}

}  // namespace penstock::stocklist
