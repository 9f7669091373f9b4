// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/remote_group.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/log.h"

namespace penstock::adapters {

namespace {

using EndKind = Remote::EndKind;
using Stage = RemoteEnd::Stage;

}  // namespace

RemoteGroup::RemoteGroup(runtime::Shard& shard, const config::ProxySettings& proxy,
                         int most_standbys, ProxyCounters& counters, RemoteGroupUser* user)
    : shard_(shard),
      proxy_(proxy),
      most_standbys_(static_cast<std::size_t>(most_standbys)),
      counters_(counters),
      user_(user),
      rest_([](void* self) { static_cast<RemoteGroup*>(self)->state_ = State::kOpen; }, this) {
  shard_.AddHook(runtime::TurnPhase::kPump, this);
}

RemoteGroup::~RemoteGroup() { shard_.RemoveHook(runtime::TurnPhase::kPump, this); }

void RemoteGroup::Open() {
  if (!stopped_) state_ = State::kOpen;
}

void RemoteGroup::Stop() {
  stopped_ = true;
  state_ = State::kClosed;
  rest_.Cancel();
}

void RemoteGroup::Shutdown(std::string_view reason) {
  Stop();
  for (auto* group : {&entering_, &standbys_, &leaving_}) {
    while (!group->empty()) group->back()->End(reason, EndKind::kClosed);
  }
  if (ready()) active_->End(reason, EndKind::kClosed);
}

void RemoteGroup::Describe(ProxyStatus* status) const {
  status->ready = ready();
  status->peer = ready() ? active_->peer() : "";
  status->sdk = ready() ? active_->sdk() : "";
  status->version = ready() ? active_->version() : "";
  status->standbys.clear();
  for (const RemotePtr& standby : standbys_) status->standbys.push_back(standby->peer());
}

std::string_view RemoteGroup::Closed() const {
  switch (state_) {
    case State::kResting:
      return "the last attempt failed, try again later";
    case State::kGivenUp:
      return "an attempt failed and no other one is allowed";
    case State::kClosed:
      return "not waiting for a remote adapter";
    case State::kOpen:
      break;
  }
  return {};
}

std::string_view RemoteGroup::Surplus() const {
  const std::size_t there = entering_.size() + standbys_.size() + (ready() ? 1 : 0);
  // Those that leave may take a while: as many as may be connected do not count.
  if (there <= most_standbys_ && leaving_.size() <= most_standbys_ + 1) return {};
  return most_standbys_ == 0 ? "another remote adapter is connected"
                             : "as many remote adapters are connected as may be";
}

void RemoteGroup::OnRemoteReady(Remote& remote) {
  RemotePtr taken = Take(remote);
  if (ready()) {
    standbys_.push_back(std::move(taken));
    PENSTOCK_LOG(kAdapter, kInfo, "remote adapter stands by", {"proxy", proxy_.name},
                 {"peer", remote.peer()}, {"active", active_->peer()});
    remote.OnRole(/*is_active=*/false);
    user_->OnStandbysChanged();
    return;
  }
  active_ = std::move(taken);
  if (!stopped_) state_ = State::kOpen;
  rest_.Cancel();
  const Duration away = lost_at_ ? shard_.now() - *lost_at_ : Duration::zero();
  PENSTOCK_LOG(
      kAdapter, kInfo, "remote adapter active", {"proxy", proxy_.name}, {"peer", active_->peer()},
      {"why", lost_at_ ? "none was there" : "the first one"},
      {"away_millis", std::chrono::duration_cast<std::chrono::milliseconds>(away).count()});
  lost_at_.reset();
  active_->OnRole(/*is_active=*/true);
  user_->OnReady();
}

void RemoteGroup::OnEndTurn() {
  // One that ends takes itself out of its group.
  for (auto* group : {&entering_, &standbys_, &leaving_}) {
    for (std::size_t i = group->size(); i-- > 0;) (*group)[i]->Flush();
  }
  // If it ends, its successor has things to say at once.
  for (const Remote* flushed = nullptr; ready() && flushed != active_.get();) {
    flushed = active_.get();
    active_->Flush();
  }
}

void RemoteGroup::Lose(std::string_view reason) { active_->End(reason, EndKind::kRefused); }

RemoteGroup::RemotePtr RemoteGroup::Take(const Remote& remote) {
  if (&remote == active_.get()) return std::move(active_);
  for (auto* group : {&entering_, &standbys_, &leaving_}) {
    const auto it = std::find_if(group->begin(), group->end(),
                                 [&remote](const RemotePtr& one) { return one.get() == &remote; });
    if (it == group->end()) continue;
    RemotePtr taken = std::move(*it);
    group->erase(it);
    return taken;
  }
  return nullptr;
}

void RemoteGroup::OnRemoteLeaving(Remote& remote) {
  const bool was_active = &remote == active_.get();
  leaving_.push_back(Take(remote));
  if (!was_active) {
    user_->OnStandbysChanged();
    return;
  }
  const State state_before = state_;
  RemoteEnd end{.remote = &remote, .kind = EndKind::kLeft, .reason = "goodbye"};
  end.last_heard = shard_.now();
  ReplaceActive(remote, end, /*calls_fail=*/false);
  if (state_ != state_before) GiveUp(remote.peer(), end.reason);
}

void RemoteGroup::OnRemoteEnd(const RemoteEnd& end) {
  const State state_before = state_;
  const bool was_active = end.remote == active_.get();
  const bool was_leaving = IsLeaving(*end.remote);
  RemotePtr remote = Take(*end.remote);
  LogEnd(*remote, end);
  if (was_leaving) {
    remote->FailCalls();
    user_->OnLeaverLost();
  } else if (end.stage != Stage::kReady) {
    counters_.connections_refused.Add();
    if (end.stage == Stage::kInitSent && !stopped_ && IsAlone()) AfterFailedAttempt(end);
  } else {
    counters_.connections_lost.Add();
    if (was_active) {
      ReplaceActive(*remote, end, /*calls_fail=*/true);
    } else {
      user_->OnStandbysChanged();
    }
  }
  if (state_ == State::kGivenUp && state_before != State::kGivenUp) {
    GiveUp(remote->peer(), end.reason);
  }
  shard_.DeferDelete(std::move(remote));
}

void RemoteGroup::GiveUp(const std::string& peer, const std::string& reason) {
  if (proxy_.robust) {
    user_->OnGivenUp();
  } else {
    user_->OnFatal("the remote adapter " + peer + " is lost: " + reason);
  }
}

bool RemoteGroup::IsLeaving(const Remote& remote) const {
  return std::any_of(leaving_.begin(), leaving_.end(),
                     [&remote](const RemotePtr& one) { return one.get() == &remote; });
}

void RemoteGroup::ReplaceActive(Remote& lost, const RemoteEnd& end, bool calls_fail) {
  // Before the calls fail, so that those that may be made again find somebody.
  const bool taken_over = !standbys_.empty();
  if (taken_over) {
    active_ = std::move(standbys_.front());
    standbys_.erase(standbys_.begin());
    active_->OnRole(/*is_active=*/true);
  } else {
    lost_at_ = shard_.now();
    if (!proxy_.robust && !stopped_) state_ = State::kGivenUp;
  }
  user_->OnLost();
  if (calls_fail) lost.FailCalls();
  if (!taken_over) return;
  counters_.takeovers.Add();
  const Duration silent = shard_.now() - end.last_heard;
  PENSTOCK_LOG(
      kAdapter, kWarn, "a standby has taken over", {"proxy", proxy_.name},
      {"peer", active_->peer()}, {"instead_of", lost.peer()}, {"reason", end.reason},
      {"silent_millis", std::chrono::duration_cast<std::chrono::milliseconds>(silent).count()},
      {"standbys", standbys_.size()});
  user_->OnStandbysChanged();
  user_->OnReady();
}

void RemoteGroup::LogEnd(const Remote& remote, const RemoteEnd& end) {
  if (end.kind == EndKind::kLeft || (stopped_ && end.kind == EndKind::kClosed)) {
    PENSTOCK_LOG(kAdapter, kInfo,
                 end.kind == EndKind::kLeft ? "remote adapter left" : "remote adapter dismissed",
                 {"proxy", proxy_.name}, {"peer", remote.peer()});
    return;
  }
  if (end.stage == Stage::kReady) {
    PENSTOCK_LOG(kAdapter, kWarn, "remote adapter lost", {"proxy", proxy_.name},
                 {"peer", remote.peer()}, {"reason", end.reason});
    return;
  }
  // Those that spoke may be the remote adapter, and those that did not shall not hide what is wrong
  // with it.
  LogPace& pace = end.heard_anything ? failures_ : refusals_;
  if (!pace.Due(shard_.now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, "remote adapter not let in", {"proxy", proxy_.name},
               {"peer", remote.peer()}, {"reason", end.reason}, {"held_back", pace.held_back()});
}

bool RemoteGroup::IsAlone() const {
  return !ready() && std::none_of(entering_.begin(), entering_.end(),
                                  [](const RemotePtr& one) { return one->heard_anything(); });
}

// A connection that closes without a word was not a remote adapter: nothing has failed.
void RemoteGroup::AfterFailedAttempt(const RemoteEnd& end) {
  if (!end.heard_anything) return;
  const bool no_other = !proxy_.robust || proxy_.connection_recovery_timeout.count() < 0;
  if (end.kind == EndKind::kRefused && no_other) {
    state_ = State::kGivenUp;
    PENSTOCK_LOG(kAdapter, kError, "no other attempt of a remote adapter is allowed",
                 {"proxy", proxy_.name});
  } else if (proxy_.connection_recovery_timeout.count() > 0) {
    state_ = State::kResting;
    shard_.wheel().Arm(rest_, shard_.now() + proxy_.connection_recovery_timeout);
  }
}

}  // namespace penstock::adapters
