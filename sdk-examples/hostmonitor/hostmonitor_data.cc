// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/hostmonitor_data.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace penstock::hostmonitor {
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

HostmonitorData::HostmonitorData(HostSampler sampler, std::chrono::milliseconds interval)
    : sampler_(std::move(sampler)), thread_([this, interval] { Run(interval); }) {}

HostmonitorData::~HostmonitorData() { Stop(); }

void HostmonitorData::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_requested_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

adapter::Status HostmonitorData::Subscribe(adapter::Subscription subscription) {
  const std::lock_guard lock(mutex_);
  std::string name = subscription.item();
  if (!sampler_.Exists(name)) {
    return adapter::SubscriptionError{"there is no item " + name};
  }
  Item item;
  item.subscription = std::move(subscription);
  if (std::optional<Fields> latest = sampler_.Latest(name, std::chrono::steady_clock::now())) {
    Send(item.subscription, *latest, true);
    item.sent = std::move(*latest);
  }
  items_.insert_or_assign(std::move(name), std::move(item));
  return {};
}

adapter::Status HostmonitorData::Unsubscribe(std::string_view item) {
  const std::lock_guard lock(mutex_);
  if (const auto found = items_.find(item); found != items_.end()) {
    items_.erase(found);
  }
  return {};
}

bool HostmonitorData::IsSnapshotAvailable(std::string_view) { return true; }

void HostmonitorData::Run(std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  auto next = std::chrono::steady_clock::now() + interval;
  while (!stop_requested_.wait_until(lock, next, [this] { return stopping_; })) {
    SampleOnce();
    // A reading that took longer than the interval is followed by one more at once, not by a burst.
    next = std::max(next, std::chrono::steady_clock::now() - interval) + interval;
  }
}

void HostmonitorData::SampleOnce() {
  HostSampler::ItemSet wanted;
  for (const auto& [name, item] : items_) {
    wanted.insert(name);
  }
  const HostSampler::Values values = sampler_.Sample(wanted, std::chrono::steady_clock::now());
  for (auto& [name, item] : items_) {
    const auto found = values.find(name);
    const Fields now = found != values.end() ? found->second : NullFields(item.sent);
    const Fields changed = ChangedFields(item.sent, now);
    if (!changed.empty()) {
      Send(item.subscription, changed, item.sent.empty());
      item.sent = now;
    }
  }
}

}  // namespace penstock::hostmonitor
