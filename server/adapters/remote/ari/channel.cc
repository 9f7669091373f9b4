// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/channel.h"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <utility>

#include "base/log.h"

namespace penstock::adapters {

namespace {

using EndKind = AriRemoteEnd::Kind;
using Stage = AriRemoteEnd::Stage;

asio::ip::address Unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

AriChannel::AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
                       AriChannelUser* user)
    : context_(shard, std::move(settings), counters),
      user_(user),
      candidates_(context_,
                  [this](ConnectionPtr connection) { OnAdmitted(std::move(connection)); }),
      rest_([](void* self) { static_cast<AriChannel*>(self)->state_ = State::kOpen; }, this) {
  for (const std::string& text : context_.settings.proxy.address_allow_list) {
    asio::error_code error;
    const asio::ip::address address = asio::ip::make_address(text, error);
    if (!error) allowed_.push_back(Unmapped(address));
  }
  context_.shard.AddHook(runtime::TurnPhase::kPump, this);
}

AriChannel::~AriChannel() { context_.shard.RemoveHook(runtime::TurnPhase::kPump, this); }

// --- Listening

Status AriChannel::ClaimPorts() {
  const config::ProxySettings& proxy = context_.settings.proxy;
  const auto claim = [&proxy](std::uint16_t wanted, std::uint16_t* port) {
    const StatusOr<std::uint16_t> got = tcp::Listener::ClaimPort({proxy.address, wanted});
    if (!got.ok()) {
      return Unavailable("proxy " + proxy.name + ": " + std::string(Message(got.status())));
    }
    *port = *got;
    return OkStatus();
  };
  PENSTOCK_RETURN_IF_ERROR(claim(proxy.request_reply_port, &port_));
  if (const auto& notify = context_.settings.notify_port) {
    PENSTOCK_RETURN_IF_ERROR(claim(*notify, &notify_port_));
  }
  return OkStatus();
}

Status AriChannel::Listen() {
  if (stopped_) return OkStatus();
  PENSTOCK_RETURN_IF_ERROR(OpenListener(AriRole::kRequests, port_, &request_listener_));
  if (context_.settings.notify_port) {
    PENSTOCK_RETURN_IF_ERROR(
        OpenListener(AriRole::kNotifications, notify_port_, &notify_listener_));
  }
  state_ = State::kOpen;
  return OkStatus();
}

Status AriChannel::OpenListener(AriRole role, std::uint16_t port,
                                std::unique_ptr<tcp::Listener>* listener) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  auto opened = tcp::Listener::Open(
      context_.shard, {proxy.address, port}, tcp::PortUse::kExclusive,
      [this, role](tcp::AsioSocket socket) { OnAccept(role, std::move(socket)); });
  if (!opened.ok()) {
    return Unavailable("proxy " + proxy.name + ": " + std::string(Message(opened.status())));
  }
  *listener = std::move(*opened);
  PENSTOCK_LOG(kAdapter, kInfo, "waiting for the remote adapter", {"proxy", proxy.name},
               {"address", proxy.address}, {"port", port},
               {"for", role == AriRole::kRequests ? "requests" : "notifications"});
  return OkStatus();
}

void AriChannel::StopInput() {
  stopped_ = true;
  state_ = State::kClosed;
  rest_.Cancel();
  for (auto* listener : {&request_listener_, &notify_listener_}) {
    if (*listener == nullptr) continue;
    (*listener)->Close();
    context_.shard.DeferDelete(std::move(*listener));
  }
  candidates_.Clear();
}

void AriChannel::Shutdown(std::string_view reason) {
  StopInput();
  if (remote_ != nullptr) remote_->End(reason, EndKind::kClosed);
}

// --- Letting in

void AriChannel::OnAccept(AriRole role, tcp::AsioSocket socket) {
  asio::error_code error;
  const tcp::Endpoint peer = socket.remote_endpoint(error);
  if (!IsAllowed(peer)) {
    context_.counters.connections_refused.Add();
    PENSTOCK_LOG(kAdapter, kWarn, "connection refused: the address is not on the allow list",
                 {"proxy", context_.settings.proxy.name}, {"peer", tcp::AddressText(peer)});
    return;
  }
  OnConnected(role, std::move(socket));
}

bool AriChannel::IsAllowed(const tcp::Endpoint& peer) const {
  if (allowed_.empty()) return context_.settings.proxy.address_allow_list.empty();
  return std::find(allowed_.begin(), allowed_.end(), Unmapped(peer.address())) != allowed_.end();
}

void AriChannel::OnConnected(AriRole role, tcp::AsioSocket socket) {
  auto connection = std::make_unique<AriConnection>(context_.shard, std::move(socket), role,
                                                    context_.settings.max_line);
  if (const std::string_view why = Refusal(role); !why.empty()) {
    context_.Refuse(std::move(connection), why);
  } else if (!context_.settings.proxy.auth) {
    OnAdmitted(std::move(connection));
  } else if (candidates_.full()) {
    context_.Refuse(std::move(connection), "too many connections without credentials");
  } else {
    candidates_.Add(std::move(connection));
  }
}

void AriChannel::OnAdmitted(ConnectionPtr connection) {
  if (const std::string_view why = Refusal(connection->role()); !why.empty()) {
    context_.Refuse(std::move(connection), why);
    return;
  }
  AriRemoteOwner* const owner = this;
  if (remote_ == nullptr) remote_ = std::make_unique<AriRemote>(context_, owner);
  remote_->Join(std::move(connection));
}

std::string_view AriChannel::Refusal(AriRole role) const {
  if (remote_ != nullptr && !remote_->Lacks(role)) return "another remote adapter is connected";
  if (state_ == State::kResting) return "the last attempt failed, try again later";
  if (state_ == State::kGivenUp) return "an attempt failed and no other one is allowed";
  if (state_ == State::kClosed) return "not waiting for a remote adapter";
  return {};
}

// --- Remote adapters

void AriChannel::OnRemoteReady(AriRemote& remote) {
  dialect_ = remote.dialect();
  user_->OnReady();
}

ari::Status AriChannel::OnRemotePacket(AriRemote&, const ari::PacketHead& packet) {
  return user_->OnPacket(packet);
}

void AriChannel::OnEndTurn() {
  if (remote_ != nullptr) remote_->Flush();
}

void AriChannel::Lose(std::string_view reason) { remote_->End(reason, EndKind::kRefused); }

void AriChannel::OnRemoteEnd(const AriRemoteEnd& end) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  std::unique_ptr<AriRemote> remote = std::move(remote_);
  const bool was_ready = end.stage == Stage::kReady;
  if (stopped_ && end.kind == EndKind::kClosed) {
    PENSTOCK_LOG(kAdapter, kInfo, "remote adapter dismissed", {"proxy", proxy.name},
                 {"peer", remote->peer()});
  } else {
    PENSTOCK_LOG(kAdapter, kWarn, was_ready ? "remote adapter lost" : "remote adapter not let in",
                 {"proxy", proxy.name}, {"peer", remote->peer()}, {"reason", end.reason});
  }
  if (!was_ready) {
    context_.counters.connections_refused.Add();
    if (end.stage == Stage::kInitSent && !stopped_) AfterFailedAttempt(end);
  } else {
    context_.counters.connections_lost.Add();
    if (!proxy.robust && !stopped_) state_ = State::kGivenUp;
    remote->FailCalls();
    user_->OnLost();
  }
  if (state_ == State::kGivenUp) {
    if (proxy.robust) {
      user_->OnGivenUp();
    } else {
      user_->OnFatal("the remote adapter " + remote->peer() + " is lost: " + end.reason);
    }
  }
  AriRemote::Retire(std::move(remote));
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
