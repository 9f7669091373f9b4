// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/candidates.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "adapters/credentials.h"
#include "ari/init.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

constexpr std::size_t kMaxCandidates = 16;

}  // namespace

AriCandidates::AriCandidates(AriChannelContext& context, OnAdmitted on_admitted)
    : context_(context), on_admitted_(std::move(on_admitted)) {}

void AriCandidates::Add(std::unique_ptr<AriConnection> connection) {
  connection->ArmDeadline(connection->setup_deadline());
  connection->Open(this);
  waiting_.push_back(std::move(connection));
}

bool AriCandidates::full() const { return waiting_.size() >= kMaxCandidates; }

void AriCandidates::Clear() {
  for (auto& connection : waiting_) {
    connection->CloseNow();
    AriConnection::Retire(std::move(connection));
  }
  waiting_.clear();
}

void AriCandidates::OnLine(AriConnection& connection, std::string_view line) {
  ari::PacketHead packet;
  if (const ari::Status status = ari::ParseHead(line, &packet); !status.ok()) {
    context_.CountMalformed(connection, "?", status.message());
    context_.Refuse(Take(connection), "protocol error");
    return;
  }
  if (packet.method == ari::Method::kKeepalive) return;
  auto taken = Take(connection);
  if (IsKnown(connection, packet)) {
    on_admitted_(std::move(taken));
  } else {
    context_.Refuse(std::move(taken), "wrong credentials");
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
  if (CredentialsMatch(proxy.credentials, rac.user, rac.password)) return true;
  PENSTOCK_LOG(kAdapter, kWarn, "wrong credentials of a remote adapter", {"proxy", proxy.name},
               {"peer", connection.peer()}, {"user", connection.remote.user});
  return false;
}

void AriCandidates::OnBroken(AriConnection& connection, std::string_view) {
  auto taken = Take(connection);
  taken->CloseNow();
  AriConnection::Retire(std::move(taken));
}

void AriCandidates::OnDeadline(AriConnection& connection) {
  context_.Refuse(Take(connection), "no credentials in time");
}

std::unique_ptr<AriConnection> AriCandidates::Take(const AriConnection& connection) {
  const auto it = std::find_if(waiting_.begin(), waiting_.end(),
                               [&](const auto& waiting) { return waiting.get() == &connection; });
  auto taken = std::move(*it);
  waiting_.erase(it);
  return taken;
}

}  // namespace penstock::adapters
