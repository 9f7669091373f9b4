// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/channel.h"

#include <utility>

#include "ari/exception.h"

namespace penstock::adapters {

AriChannel::AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
                       AriChannelUser* user)
    : context_(shard, std::move(settings), counters),
      user_(user),
      door_(
          context_, [this](ConnectionPtr connection) { OnConnected(std::move(connection)); },
          [this] { return Refusal(AriRole::kRequests).empty(); }),
      candidates_(context_,
                  [this](ConnectionPtr connection) { OnAdmitted(std::move(connection)); }),
      group_(shard, context_.settings.proxy,
             context_.settings.notify_port ? 0 : context_.settings.proxy.max_standbys, counters,
             user) {}

Status AriChannel::Listen() {
  if (group_.stopped()) return OkStatus();
  group_.Open();
  return door_.Open();
}

void AriChannel::StopInput() {
  group_.Stop();
  door_.Close();
  candidates_.Clear();
}

void AriChannel::Shutdown(std::string_view reason) {
  StopInput();
  group_.Shutdown(reason);
}

void AriChannel::Describe(ProxyStatus* status) const {
  status->port = door_.port();
  status->notify_port = door_.notify_port();
  group_.Describe(status);
}

const ari::Dialect& AriChannel::dialect() const {
  static const ari::Dialect kNobodys;
  return ready() ? active().dialect() : kNobodys;
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
    AriPacketSink* const sink = this;
    auto added = std::make_unique<AriRemote>(context_, group_.owner(), sink);
    remote = added.get();
    group_.Add(std::move(added));
  }
  remote->Join(std::move(connection));
}

AriRemote* AriChannel::FindLacking(AriRole role) const {
  for (const RemoteGroup::RemotePtr& entering : group_.entering()) {
    auto* const remote = static_cast<AriRemote*>(entering.get());
    if (remote->Lacks(role)) return remote;
  }
  return nullptr;
}

std::string_view AriChannel::Refusal(AriRole role) const {
  if (const std::string_view why = group_.Closed(); !why.empty()) return why;
  if (FindLacking(role) != nullptr) return {};
  return group_.Surplus();
}

// --- Remote adapters

// Whoever stands by has nothing to say: its events would mix with those of the active one, and
// whether a session has to end is not for it to decide.
ari::Status AriChannel::OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) {
  if (&remote == group_.active()) return user_->OnPacket(packet);
  context_.counters.standby_packets.Add();
  if (packet.method == ari::Method::kFst || packet.method == ari::Method::kFus) {
    ari::Exception refusal;
    refusal.message = "this remote adapter stands by: only the active one may ask for this";
    ari::WriteException(packet.id, packet.method, refusal, remote.dialect(), &remote.out());
  }
  return {};
}

}  // namespace penstock::adapters
