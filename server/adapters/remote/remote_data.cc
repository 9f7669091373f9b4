// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/remote_data.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

using kernel::EventKind;
using kernel::ItemEvent;

namespace {

// An item that one remote adapter fails over may be served by the next one, as when a feed is lost;
// one that two fail over shall not end all of them.
constexpr int kMostFatalAnswers = 2;
constexpr Duration kHoldTime = std::chrono::seconds(30);

}  // namespace

RemoteData::RemoteData(Place place, kernel::DataSourceId id, std::string proxy_name,
                       config::EventsRecovery recovery, std::optional<std::string> status_item)
    : place_(place),
      id_(id),
      proxy_name_(std::move(proxy_name)),
      recovery_(recovery),
      status_(std::move(status_item), place.router, place.counters),
      hold_([](void* self) { static_cast<RemoteData*>(self)->ReleaseHeldBack(); }, this) {}

void RemoteData::Subscribe(kernel::ItemRef item, std::string name) {
  place_.courier.Send(place_.shard, [this, item, name = std::move(name)]() mutable {
    Want(item, std::move(name));
  });
}

void RemoteData::Unsubscribe(kernel::ItemRef item) {
  place_.courier.Send(place_.shard, [this, item] { Unwant(item); });
}

void RemoteData::Want(kernel::ItemRef item, std::string name) {
  if (status_.IsNamed(name)) {
    status_.Subscribe(item);
    return;
  }
  auto wanted = std::make_unique<Wanted>();
  wanted->ref = item;
  wanted->name = std::move(name);
  const auto [it, inserted] = items_.emplace(item, std::move(wanted));
  if (!inserted) {
    PENSTOCK_BUG("an item was subscribed twice");
    return;
  }
  if (link_->ready()) {
    StartSubscription(*it->second);
  } else {
    RouteLoss(*it->second);  // nobody waits for a snapshot that may never come
  }
}

void RemoteData::Unwant(kernel::ItemRef item) {
  if (status_.Is(item)) {
    status_.Unsubscribe();
    return;
  }
  const auto it = items_.find(item);
  if (it == items_.end()) {
    PENSTOCK_BUG("an item was unsubscribed that nobody had subscribed");
    return;
  }
  const Wanted& wanted = *it->second;
  // Strict alternation, after a failed subscription too; no need to wait for its answer.
  if (wanted.state != State::kIdle) {
    subscriptions_.erase(wanted.subscription);
    link_->Unsubscribe(wanted.name, wanted.subscription);
  }
  items_.erase(it);
}

void RemoteData::StartSubscription(Wanted& wanted) {
  wanted.subscription = link_->Subscribe(wanted.name, wanted.resume_token);
  wanted.resume = wanted.resume_token.empty() ? Resume::kNo : Resume::kOffered;
  wanted.state = State::kSubscribing;
  subscriptions_.emplace(wanted.subscription, &wanted);
}

void RemoteData::OnReady() {
  status_.Set(StatusItem::Status::kConnected);
  for (auto& [ref, wanted] : items_) {
    if (!wanted->held_back) StartSubscription(*wanted);
  }
}

void RemoteData::OnLost() {
  // With a successor there already, clients have nothing to worry about.
  if (!link_->ready()) status_.Set(StatusItem::Status::kReconnecting);
  subscriptions_.clear();
  for (auto& [ref, wanted] : items_) {
    if (wanted->state == State::kIdle) continue;
    wanted->state = State::kIdle;
    wanted->subscription.clear();
    wanted->recovering = wanted->told;
    RouteLoss(*wanted);
    if (recovery_ == config::EventsRecovery::kEnforceSnapshot) {
      wanted->resume_token.clear();  // what it stands for is gone
      Route(*wanted, EventKind::kClearSnapshot);
    }
  }
}

void RemoteData::OnSubscribeDone(std::string_view subscription) {
  Wanted* const wanted = Find(subscription);
  if (wanted == nullptr || wanted->state != State::kSubscribing) return;
  wanted->state = State::kActive;
  wanted->fatal_answers = 0;
}

bool RemoteData::OnResumed(std::string_view subscription) {
  Wanted* const wanted = Find(subscription);
  if (wanted == nullptr) return true;  // given up in the meantime
  if (wanted->resume != Resume::kOffered) return false;
  wanted->resume = Resume::kTaken;
  wanted->recovering = false;
  place_.counters.items_resumed.Add();
  Route(*wanted, EventKind::kSourceResumed);
  return true;
}

void RemoteData::OnSubscribeFailed(std::string_view subscription, std::string_view why) {
  Wanted* const wanted = Find(subscription);
  // Of a subscription that was given up in the meantime ("request come too late").
  if (wanted == nullptr) return;
  wanted->state = State::kFailed;
  place_.counters.items_failed.Add();
  if (!refusals_.Due(place_.shard.now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, "the data adapter refused an item: no data for it",
               {"proxy", proxy_name_}, {"item", wanted->name}, {"error", why},
               {"held_back", refusals_.held_back()});
}

void RemoteData::OnSubscribeFatal(std::string_view subscription, std::string_view why) {
  Wanted* const wanted = Find(subscription);
  if (wanted == nullptr || ++wanted->fatal_answers < kMostFatalAnswers) return;
  wanted->held_back = true;
  place_.shard.wheel().Arm(hold_, place_.shard.now() + kHoldTime);
  place_.counters.items_failed.Add();
  PENSTOCK_LOG(kAdapter, kError,
               "data adapters fail over an item one after another: no data for it for a while",
               {"proxy", proxy_name_}, {"item", wanted->name}, {"error", why});
}

void RemoteData::ReleaseHeldBack() {
  for (auto& [ref, wanted] : items_) {
    if (std::exchange(wanted->held_back, false) && link_->ready()) StartSubscription(*wanted);
  }
}

void RemoteData::OnSubscribeTimeout(std::string_view subscription) {
  const Wanted* const wanted = Find(subscription);
  if (wanted == nullptr || !timeouts_.Due(place_.shard.now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, "the data adapter did not answer a subscription in time",
               {"proxy", proxy_name_}, {"item", wanted->name},
               {"held_back", timeouts_.held_back()});
}

RemoteData::Wanted* RemoteData::Find(std::string_view subscription) {
  const auto it = subscriptions_.find(subscription);
  return it == subscriptions_.end() ? nullptr : it->second;
}

RemoteData::Wanted* RemoteData::FindForEvent(std::string_view subscription) {
  Wanted* const wanted = Find(subscription);
  if (wanted == nullptr || wanted->state == State::kFailed) {
    place_.counters.events_stale.Add();
    return nullptr;
  }
  if (wanted->resume == Resume::kOffered) {  // not taken: the flow begins anew
    wanted->resume = Resume::kNo;
    wanted->resume_token.clear();
  }
  return wanted;
}

void RemoteData::OnUpdate(std::string_view subscription, bool is_snapshot,
                          std::span<const kernel::FieldValue> fields) {
  Wanted* const wanted = FindForEvent(subscription);
  if (wanted == nullptr) return;
  if (wanted->resume == Resume::kTaken) is_snapshot = false;
  if (!is_snapshot) wanted->recovering = false;
  if (is_snapshot && wanted->recovering) {
    if (recovery_ == config::EventsRecovery::kLeaveHole) {
      place_.counters.events_refused.Add();
      return;
    }
    // The state was cleared when the remote adapter went away: what comes now is news.
    if (recovery_ == config::EventsRecovery::kEnforceSnapshot) is_snapshot = false;
  }
  wanted->told = true;
  place_.counters.events.Add();
  place_.router.Route(wanted->ref,
                      ItemEvent{EventKind::kUpdate, is_snapshot, /*replaces_state=*/false, fields});
}

void RemoteData::OnEndOfSnapshot(std::string_view subscription) {
  Wanted* const wanted = FindForEvent(subscription);
  if (wanted == nullptr) return;
  wanted->told = true;
  wanted->recovering = false;
  Route(*wanted, EventKind::kEndOfSnapshot);
}

void RemoteData::OnClearSnapshot(std::string_view subscription) {
  Wanted* const wanted = FindForEvent(subscription);
  if (wanted == nullptr) return;
  wanted->told = true;
  wanted->recovering = false;
  Route(*wanted, EventKind::kClearSnapshot);
}

void RemoteData::OnDiffOrder(std::string_view subscription,
                             std::span<const kernel::FieldValue> fields) {
  const Wanted* const wanted = FindForEvent(subscription);
  if (wanted == nullptr) return;
  place_.counters.events.Add();
  place_.router.Route(wanted->ref, ItemEvent{EventKind::kDiffOrder, false, false, fields});
}

void RemoteData::OnResumeToken(std::string_view subscription, std::string_view token) {
  Wanted* const wanted = Find(subscription);
  if (wanted == nullptr || wanted->state == State::kFailed) return;
  // Until its snapshot is over, what the item holds is that of two remote adapters, or lacks what
  // was dropped: nobody can go on from there.
  if (!wanted->recovering) wanted->resume_token = token;
}

// The remote adapter is away. What the next one says first replaces the state, unless the operator
// wants it dropped.
void RemoteData::RouteLoss(const Wanted& wanted) {
  place_.counters.events.Add();
  ItemEvent loss{.kind = EventKind::kSourceLost, .fields = {}};
  loss.replaces_state = recovery_ == config::EventsRecovery::kUseSnapshot;
  place_.router.Route(wanted.ref, loss);
}

void RemoteData::Route(const Wanted& wanted, EventKind kind) {
  place_.counters.events.Add();
  place_.router.Route(wanted.ref, ItemEvent{.kind = kind, .fields = {}});
}

}  // namespace penstock::adapters
