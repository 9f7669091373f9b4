// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/channel.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "ari/exception.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

using EndKind = AriRemoteEnd::Kind;
using Stage = AriRemoteEnd::Stage;

}  // namespace

AriChannel::AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
                       AriChannelUser* user)
    : context_(shard, std::move(settings), counters),
      user_(user),
      door_(
          context_, [this](ConnectionPtr connection) { OnConnected(std::move(connection)); },
          [this] { return Refusal(AriRole::kRequests).empty(); }),
      candidates_(context_,
                  [this](ConnectionPtr connection) { OnAdmitted(std::move(connection)); }),
      rest_([](void* self) { static_cast<AriChannel*>(self)->state_ = State::kOpen; }, this) {
  context_.shard.AddHook(runtime::TurnPhase::kPump, this);
}

AriChannel::~AriChannel() { context_.shard.RemoveHook(runtime::TurnPhase::kPump, this); }

Status AriChannel::Listen() {
  if (stopped_) return OkStatus();
  state_ = State::kOpen;
  return door_.Open();
}

void AriChannel::StopInput() {
  stopped_ = true;
  state_ = State::kClosed;
  rest_.Cancel();
  door_.Close();
  candidates_.Clear();
}

void AriChannel::Shutdown(std::string_view reason) {
  StopInput();
  for (auto* group : {&entering_, &standbys_}) {
    while (!group->empty()) group->back()->End(reason, EndKind::kClosed);
  }
  if (ready()) active_->End(reason, EndKind::kClosed);
}

void AriChannel::Describe(ProxyStatus* status) const {
  status->port = door_.port();
  status->notify_port = door_.notify_port();
  status->ready = ready();
  status->peer = ready() ? active_->peer() : "";
  status->sdk = ready() ? active_->sdk() : "";
  status->version = ready() ? std::string(ari::VersionText(dialect_.version)) : "";
  status->standbys.clear();
  for (const RemotePtr& standby : standbys_) status->standbys.push_back(standby->peer());
}

// --- Letting in

void AriChannel::OnConnected(ConnectionPtr connection) {
  if (const std::string_view why = Refusal(connection->role()); !why.empty()) {
    context_.Refuse(std::move(connection), why);
  } else if (context_.settings.proxy.auth) {
    candidates_.Add(std::move(connection));
  } else {
    OnAdmitted(std::move(connection));
  }
}

void AriChannel::OnAdmitted(ConnectionPtr connection) {
  if (const std::string_view why = Refusal(connection->role()); !why.empty()) {
    context_.Refuse(std::move(connection), why);
    return;
  }
  AriRemote* remote = FindLacking(connection->role());
  if (remote == nullptr) {
    AriRemoteOwner* const owner = this;
    remote = entering_.emplace_back(std::make_unique<AriRemote>(context_, owner)).get();
  }
  remote->Join(std::move(connection));
}

AriRemote* AriChannel::FindLacking(AriRole role) const {
  for (const RemotePtr& remote : entering_) {
    if (remote->Lacks(role)) return remote.get();
  }
  return nullptr;
}

std::string_view AriChannel::Refusal(AriRole role) const {
  if (state_ == State::kResting) return "the last attempt failed, try again later";
  if (state_ == State::kGivenUp) return "an attempt failed and no other one is allowed";
  if (state_ == State::kClosed) return "not waiting for a remote adapter";
  if (FindLacking(role) != nullptr) return {};
  const AriChannelSettings& settings = context_.settings;
  const int others = settings.notify_port ? 0 : settings.proxy.max_standbys;
  const std::size_t there = entering_.size() + standbys_.size() + (ready() ? 1 : 0);
  if (there <= static_cast<std::size_t>(others)) return {};
  return others == 0 ? "another remote adapter is connected"
                     : "as many remote adapters are connected as may be";
}

// --- Remote adapters

void AriChannel::OnRemoteReady(AriRemote& remote) {
  RemotePtr taken = Take(remote);
  const config::ProxySettings& proxy = context_.settings.proxy;
  if (ready()) {
    standbys_.push_back(std::move(taken));
    PENSTOCK_LOG(kAdapter, kInfo, "remote adapter stands by", {"proxy", proxy.name},
                 {"peer", remote.peer()}, {"active", active_->peer()});
    user_->OnStandbysChanged();
    return;
  }
  active_ = std::move(taken);
  dialect_ = active_->dialect();
  if (!stopped_) state_ = State::kOpen;
  rest_.Cancel();
  const Duration away = lost_at_ ? context_.shard.now() - *lost_at_ : Duration::zero();
  PENSTOCK_LOG(
      kAdapter, kInfo, "remote adapter active", {"proxy", proxy.name}, {"peer", active_->peer()},
      {"why", lost_at_ ? "none was there" : "the first one"},
      {"away_millis", std::chrono::duration_cast<std::chrono::milliseconds>(away).count()});
  lost_at_.reset();
  user_->OnReady();
}

// Whoever stands by has nothing to say: its events would mix with those of the active one, and
// whether a session has to end is not for it to decide.
ari::Status AriChannel::OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) {
  if (&remote == active_.get()) return user_->OnPacket(packet);
  context_.counters.standby_packets.Add();
  if (packet.method == ari::Method::kFst || packet.method == ari::Method::kFus) {
    ari::Exception refusal;
    refusal.message = "this remote adapter stands by: only the active one may ask for this";
    ari::WriteException(packet.id, packet.method, refusal, remote.dialect(), &remote.out());
  }
  return {};
}

void AriChannel::OnEndTurn() {
  // One that ends takes itself out of its group.
  for (auto* group : {&entering_, &standbys_}) {
    for (std::size_t i = group->size(); i-- > 0;) (*group)[i]->Flush();
  }
  // If it ends, its successor has things to say at once.
  for (const AriRemote* flushed = nullptr; ready() && flushed != active_.get();) {
    flushed = active_.get();
    active_->Flush();
  }
}

void AriChannel::Lose(std::string_view reason) { active_->End(reason, EndKind::kRefused); }

AriChannel::RemotePtr AriChannel::Take(const AriRemote& remote) {
  if (&remote == active_.get()) return std::move(active_);
  for (auto* group : {&entering_, &standbys_}) {
    const auto it = std::find_if(group->begin(), group->end(),
                                 [&remote](const RemotePtr& one) { return one.get() == &remote; });
    if (it == group->end()) continue;
    RemotePtr taken = std::move(*it);
    group->erase(it);
    return taken;
  }
  return nullptr;
}

void AriChannel::OnRemoteEnd(const AriRemoteEnd& end) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  const State state_before = state_;
  const bool was_active = end.remote == active_.get();
  RemotePtr remote = Take(*end.remote);
  LogEnd(*remote, end);
  if (end.stage != Stage::kReady) {
    context_.counters.connections_refused.Add();
    if (end.stage == Stage::kInitSent && !stopped_ && IsAlone()) AfterFailedAttempt(end);
  } else {
    context_.counters.connections_lost.Add();
    if (was_active) {
      OnActiveLost(*remote, end);
    } else {
      user_->OnStandbysChanged();
    }
  }
  if (state_ == State::kGivenUp && state_before != State::kGivenUp) {
    if (proxy.robust) {
      user_->OnGivenUp();
    } else {
      user_->OnFatal("the remote adapter " + remote->peer() + " is lost: " + end.reason);
    }
  }
  AriRemote::Retire(std::move(remote));
}

void AriChannel::OnActiveLost(AriRemote& lost, const AriRemoteEnd& end) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  // Before the calls fail, so that those that may be made again find somebody.
  const bool taken_over = !standbys_.empty();
  if (taken_over) {
    active_ = std::move(standbys_.front());
    standbys_.erase(standbys_.begin());
    dialect_ = active_->dialect();
  } else {
    lost_at_ = context_.shard.now();
    if (!proxy.robust && !stopped_) state_ = State::kGivenUp;
  }
  user_->OnLost();
  lost.FailCalls();
  if (!taken_over) return;
  context_.counters.takeovers.Add();
  const Duration silent = context_.shard.now() - end.last_heard;
  PENSTOCK_LOG(
      kAdapter, kWarn, "a standby has taken over", {"proxy", proxy.name}, {"peer", active_->peer()},
      {"instead_of", lost.peer()}, {"reason", end.reason},
      {"silent_millis", std::chrono::duration_cast<std::chrono::milliseconds>(silent).count()},
      {"standbys", standbys_.size()});
  user_->OnStandbysChanged();
  user_->OnReady();
}

void AriChannel::LogEnd(const AriRemote& remote, const AriRemoteEnd& end) {
  const std::string& name = context_.settings.proxy.name;
  if (stopped_ && end.kind == EndKind::kClosed) {
    PENSTOCK_LOG(kAdapter, kInfo, "remote adapter dismissed", {"proxy", name},
                 {"peer", remote.peer()});
    return;
  }
  if (end.stage != Stage::kReady) {
    context_.LogNotLetIn(remote.peer(), end.reason, end.heard_anything);
    return;
  }
  PENSTOCK_LOG(kAdapter, kWarn, "remote adapter lost", {"proxy", name}, {"peer", remote.peer()},
               {"reason", end.reason});
}

bool AriChannel::IsAlone() const {
  return !ready() && std::none_of(entering_.begin(), entering_.end(),
                                  [](const RemotePtr& one) { return one->heard_anything(); });
}

// A connection that closes without a word was not a remote adapter: nothing has failed.
void AriChannel::AfterFailedAttempt(const AriRemoteEnd& end) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  if (!end.heard_anything) return;
  const bool no_other = !proxy.robust || proxy.connection_recovery_timeout.count() < 0;
  if (end.kind == EndKind::kRefused && no_other) {
    state_ = State::kGivenUp;
    PENSTOCK_LOG(kAdapter, kError, "no other attempt of a remote adapter is allowed",
                 {"proxy", proxy.name});
  } else if (proxy.connection_recovery_timeout.count() > 0) {
    state_ = State::kResting;
    context_.shard.wheel().Arm(rest_, context_.shard.now() + proxy.connection_recovery_timeout);
  }
}

}  // namespace penstock::adapters
