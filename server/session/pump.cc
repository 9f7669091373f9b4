// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/pump.h"

#include <algorithm>
#include <span>

#include "base/prefetch.h"
#include "session/client_link.h"
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
// The same for those who are told of news: whose the item is, that subscription, its cursor and
// its session.
constexpr std::size_t kFetchOwner = 9;
constexpr std::size_t kFetchSubscription = 6;
constexpr std::size_t kFetchCursor = 3;
// Sessions whose links send together: few enough that they are still in the cache after it.
constexpr std::size_t kTogether = 64;
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
  if (session.in_pump_) std::erase(ready_, &session);
  session.in_pump_ = false;
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
      const auto& item = static_cast<const SubscribedItem&>(*subscriber);
      const Subscription& subscription = item.subscription();
      if (subscription.state() != Subscription::State::kAttaching) continue;
      waiting.push_back({&subscription.session(), subscription.id()});
    }
  }
  for (const Waiting& one : waiting) one.session->OnItemSettled(one.sub_id);
}

void Pump::TellDirty() {
  // Each is at a place of its own, and is found by four steps from there.
  const auto fetch = [](std::span<kernel::Subscriber* const> next) {
    const auto one = [&](std::size_t i) -> const SubscribedItem& {
      return static_cast<const SubscribedItem&>(*next[i]);
    };
    if (next.size() > kFetchOwner) ItemArray::PrefetchOwner(one(kFetchOwner));
    if (next.size() > kFetchSubscription) {
      Prefetch(&one(kFetchSubscription).subscription(), sizeof(Subscription));
    }
    if (next.size() > kFetchCursor) {
      one(kFetchCursor).subscription().PrefetchParts(one(kFetchCursor).index);
    }
  };
  const auto tell = [this](kernel::Subscriber& subscriber) {
    auto& item = static_cast<SubscribedItem&>(subscriber);
    ++counters_.marks;
    item.subscription().session().OnItemReady(item);
    return item.listens();
  };
  for (kernel::LocalItem* local : items_.TakeDirty()) {
    local->TellListeners(fetch, tell);
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
    used = used || item.subscription().CursorOf(item.index) != nullptr;
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
  if (flushing_.empty()) return;
  std::rotate(flushing_.begin(),
              flushing_.begin() + static_cast<std::ptrdiff_t>(rotation_++ % flushing_.size()),
              flushing_.end());
  for (std::size_t begin = 0; begin < flushing_.size(); begin += kTogether) {
    Flush(begin, std::min(begin + kTogether, flushing_.size()));
  }
  flushing_.clear();
}

void Pump::Flush(std::size_t begin, std::size_t end) {
  const auto soon = [&](std::size_t i) { return i < flushing_.size() ? flushing_[i] : nullptr; };
  if (batch_ != nullptr) batch_->BeginBatch();
  for (std::size_t i = begin; i < end; ++i) {
    if (const Session* const one = soon(i + kFetchSession)) Prefetch(one, sizeof(Session));
    if (const Session* const one = soon(i + kFetchParts)) one->PrefetchParts();
    if (const Session* const one = soon(i + kFetchEnds)) one->PrefetchEnds();
    if (flushing_[i] == nullptr) continue;
    flushing_[i]->in_pump_ = false;
    flushing_[i]->Flush();
  }
  if (batch_ != nullptr) batch_->SendBatch();
  for (std::size_t i = begin; i < end; ++i) {
    if (flushing_[i] != nullptr) flushing_[i]->OnFlushed();
  }
}

}  // namespace penstock::session
