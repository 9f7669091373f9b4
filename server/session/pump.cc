// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/pump.h"

#include <algorithm>

#include "session/feed.h"
#include "session/session.h"

namespace penstock::session {

namespace {
// Share of the shard's time below which no update waits, and above which the window is whole.
constexpr double kIdle = 0.5;
constexpr double kBusy = 0.9;
}  // namespace

Pump::Pump(runtime::Shard& shard, kernel::ItemRegistry& items, const Options& options)
    : shard_(shard), items_(items), options_(options) {
  shard_.AddHook(runtime::TurnPhase::kPump, this);
}

Pump::~Pump() { shard_.RemoveHook(runtime::TurnPhase::kPump, this); }

void Pump::Ready(Session& session) {
  if (session.in_pump_) return;
  session.in_pump_ = true;
  ready_.push_back(&session);
}

void Pump::Forget(Session& session) {
  if (!session.in_pump_) return;
  session.in_pump_ = false;
  std::erase(ready_, &session);
  std::replace(flushing_.begin(), flushing_.end(), &session, static_cast<Session*>(nullptr));
}

Duration Pump::window() const {
  if (!options_.adaptive_delay) return options_.max_delay;
  const double scale = std::clamp((shard_.load() - kIdle) / (kBusy - kIdle), 0.0, 1.0);
  return std::chrono::duration_cast<Duration>(options_.max_delay * scale);
}

// Items whose owner lives on another shard have its answer now.
void Pump::TellSettled() {
  struct Waiting {
    Session* session;  // alive until the turn is over
    int sub_id;
  };
  std::vector<Waiting> waiting;
  for (kernel::LocalItem* local : items_.TakeSettled()) {
    for (kernel::Subscriber* subscriber : local->subscribers()) {
      const Subscription& subscription = *static_cast<SubscribedItem&>(*subscriber).subscription;
      if (subscription.state() != Subscription::State::kAttaching) continue;
      waiting.push_back({&subscription.session(), subscription.id()});
    }
  }
  for (const Waiting& one : waiting) one.session->OnItemSettled(one.sub_id);
}

void Pump::TellDirty() {
  for (kernel::LocalItem* local : items_.TakeDirty()) {
    for (kernel::Subscriber* subscriber : local->subscribers()) {
      auto& item = static_cast<SubscribedItem&>(*subscriber);
      ++counters_.marks;
      item.subscription->session().OnItemReady(item);
    }
    // Not before: whoever waits for the end of the snapshot takes its place in the log only now.
    if (local->wants_trim()) Trim(*local);
  }
  items_.ForgetTaken();
}

void Pump::Trim(kernel::LocalItem& local) {
  kernel::Position keep = local.log()->end();
  bool used = false;
  for (const kernel::Subscriber* subscriber : local.subscribers()) {
    const auto& item = static_cast<const SubscribedItem&>(*subscriber);
    used = used || item.subscription->CursorOf(item.index) != nullptr;
    keep = std::min(keep, feed::Needed(item));
  }
  used ? local.Trim(keep) : local.DropLog();
}

void Pump::OnEndTurn() {
  if (items_.has_settled()) TellSettled();
  TellDirty();
  // Sessions that are ready again after their flush wait for the next turn.
  flushing_.clear();
  std::swap(flushing_, ready_);
  const std::size_t count = flushing_.size();
  const std::size_t start = count == 0 ? 0 : rotation_++ % count;
  for (std::size_t i = 0; i < count; ++i) {
    Session* const session = flushing_[(start + i) % count];
    if (session == nullptr) continue;
    session->in_pump_ = false;
    session->Flush();
  }
  flushing_.clear();
}

}  // namespace penstock::session
