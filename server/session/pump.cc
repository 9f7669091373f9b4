// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/pump.h"

#include <algorithm>

#include "session/session.h"

namespace penstock::session {

namespace {
// Share of the shard's time below which no update waits, and above which the window is whole.
constexpr double kIdle = 0.5;
constexpr double kBusy = 0.9;
}  // namespace

Pump::Pump(runtime::Shard& shard, kernel::ItemRegistry& items, Duration max_window)
    : shard_(shard), items_(items), max_window_(max_window) {
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
  const double scale = std::clamp((shard_.load() - kIdle) / (kBusy - kIdle), 0.0, 1.0);
  return std::chrono::duration_cast<Duration>(max_window_ * scale);
}

void Pump::OnEndTurn() {
  for (kernel::LocalItem* local : items_.TakeDirty()) {
    for (kernel::Subscriber* subscriber : local->subscribers()) {
      auto& item = static_cast<SubscribedItem&>(*subscriber);
      ++counters_.marks;
      item.subscription->session().OnItemReady(item);
    }
  }
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
