// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/candidates.h"

#include <algorithm>
#include <utility>

#include "adapters/credentials.h"
#include "ari/init.h"
#include "base/log.h"

namespace penstock::adapters {

AriCandidates::AriCandidates(AriChannelContext& context, OnAdmitted on_admitted)
    : context_(context), on_admitted_(std::move(on_admitted)), guard_(context.settings.limits) {}

void AriCandidates::Add(std::unique_ptr<AriConnection> connection) {
  if (guard_.TurnsAway(connection->address(), context_.shard.now())) {
    Refuse(std::move(connection), "too many wrong credentials, try again later");
    return;
  }
  AriConnection& added = *connection;
  if (auto surplus = waiting_.Add(std::move(connection))) {
    const bool this_one = surplus.get() == &added;
    context_.Refuse(std::move(surplus), "too many connections without credentials");
    if (this_one) return;
  }
  added.BoundLines(std::min(kMaxLine, context_.settings.limits.adapter_line_bytes));
  added.ArmDeadline(added.setup_deadline());
  added.Open(this);
}

void AriCandidates::Refuse(std::unique_ptr<AriConnection> connection, std::string_view reason) {
  context_.counters.credentials_refused.Add();
  context_.Refuse(std::move(connection), reason);
}

void AriCandidates::OnLine(AriConnection& connection, std::string_view line) {
  ari::PacketHead packet;
  if (const ari::Status status = ari::ParseHead(line, &packet); !status.ok()) {
    context_.CountMalformed(connection, "?", status.message());
    context_.Refuse(waiting_.Take(connection), "protocol error");
    return;
  }
  if (packet.method == ari::Method::kKeepalive) return;
  auto taken = waiting_.Take(connection);
  if (IsKnown(connection, packet)) {
    taken->BoundLines(context_.settings.limits.adapter_line_bytes);
    on_admitted_(std::move(taken));
  } else {
    Refuse(std::move(taken), "wrong credentials");
  }
}

bool AriCandidates::IsKnown(AriConnection& connection, const ari::PacketHead& packet) {
  if (packet.method != ari::Method::kRac) return false;
  ari::RemoteCredentials rac;
  if (const ari::Status status = connection.ReadCredentials(packet, &rac); !status.ok()) {
    context_.CountMalformed(connection, packet.method_text, status.message());
    return false;
  }
  const config::ProxySettings& proxy = context_.settings.proxy;
  if (CredentialsMatch(proxy.credentials, rac.user, rac.password)) {
    guard_.OnRight(connection.address());
    return true;
  }
  guard_.OnWrong(connection.address(), context_.shard.now());
  if (wrong_.Due(context_.shard.now())) {
    PENSTOCK_LOG(kAdapter, kWarn, "wrong credentials of a remote adapter", {"proxy", proxy.name},
                 {"peer", connection.peer()}, {"user", connection.remote.user},
                 {"held_back", wrong_.held_back()});
  }
  return false;
}

void AriCandidates::OnBroken(AriConnection& connection, std::string_view why) {
  auto taken = waiting_.Take(connection);
  if (taken->is_mistaken()) {
    context_.counters.connections_refused.Add();
    context_.LogRefusal(taken->peer(), why);
  }
  taken->CloseNow();
  AriConnection::Retire(std::move(taken));
}

void AriCandidates::OnDeadline(AriConnection& connection) {
  Refuse(waiting_.Take(connection), "no credentials in time");
}

}  // namespace penstock::adapters
