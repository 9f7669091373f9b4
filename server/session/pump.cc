// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/pump.h"

#include <algorithm>

#include "base/prefetch.h"
#include "session/feed.h"
#include "session/session.h"

namespace penstock::session {

namespace {
// Share of the shard's time below which no update waits, and above which the window is whole.
constexpr double kIdle = 0.5;
constexpr double kBusy = 0.9;

// Of a thousand sessions none is in the processor's cache when its turn comes. Each write goes
// through the kernel meanwhile, which is long enough to fetch what the next ones will touch: the
// session first, then what it points to, then what that points to.
constexpr std::size_t kFetchSession = 3;
constexpr std::size_t kFetchParts = 2;
constexpr std::size_t kFetchEnds = 1;
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
  const auto at = [&](std::size_t i) {
    return i < count ? flushing_[(start + i) % count] : nullptr;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (const Session* const soon = at(i + kFetchSession)) Prefetch(soon, sizeof(Session));
    if (const Session* const soon = at(i + kFetchParts)) soon->PrefetchParts();
    if (const Session* const soon = at(i + kFetchEnds)) soon->PrefetchEnds();
    Session* const session = at(i);
    if (session == nullptr) continue;
    session->in_pump_ = false;
    session->Flush();
  }
  flushing_.clear();
}

}  // namespace penstock::session
