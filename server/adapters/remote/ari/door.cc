// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/door.h"

#include <utility>

#include "ari/init.h"
#include "base/check.h"
#include "base/log.h"
#include "config/remote_hosts.h"

namespace penstock::adapters {

AriDoor::AriDoor(AriChannelContext& context, OnConnection on_connection,
                 absl::AnyInvocable<bool() const> may_dial)
    : context_(context),
      on_connection_(std::move(on_connection)),
      may_dial_(std::move(may_dial)),
      allow_list_(context.shard, context.settings.proxy.address_allow_list,
                  context.settings.proxy.name) {
  const config::ProxySettings& proxy = context.settings.proxy;
  for (config::RemoteHost& host :
       config::ParseRemoteHosts(proxy.remote_host, proxy.request_reply_port)) {
    dialers_.push_back(std::make_unique<AriDialer>(
        context_, std::move(host), [this] { return may_dial_(); },
        [this](const AriDialer& dialer, std::unique_ptr<AriConnection> connection) {
          const auto& tls = context_.settings.proxy.tls;
          Enter(std::move(connection),
                tls::PeerName{dialer.host().host, !tls || !tls->skip_hostname_check});
        }));
  }
}

Status AriDoor::ClaimPorts() {
  if (!dialers_.empty()) return OkStatus();
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

Status AriDoor::Open() {
  PENSTOCK_CHECK(!context_.settings.proxy.tls || tls_ != nullptr);  // never in clear instead
  for (const auto& dialer : dialers_) dialer->Start();
  if (!dialers_.empty()) return OkStatus();
  allow_list_.Start();
  PENSTOCK_RETURN_IF_ERROR(Listen(AriRole::kRequests, port_, &request_listener_));
  if (!context_.settings.notify_port) return OkStatus();
  return Listen(AriRole::kNotifications, notify_port_, &notify_listener_);
}

Status AriDoor::Listen(AriRole role, std::uint16_t port, std::unique_ptr<tcp::Listener>* listener) {
  const config::ProxySettings& proxy = context_.settings.proxy;
  auto opened = tcp::Listener::Open(
      context_.shard, {proxy.address, port}, tcp::PortUse::kExclusive,
      [this, role](tcp::Descriptor socket, const tcp::Endpoint& peer) {
        OnAccept(role, std::move(socket), peer);
      },
      [this] { return allow_list_.ready(); });
  if (!opened.ok()) {
    return Unavailable("proxy " + proxy.name + ": " + std::string(Message(opened.status())));
  }
  *listener = std::move(*opened);
  PENSTOCK_LOG(kAdapter, kInfo, "waiting for the remote adapter", {"proxy", proxy.name},
               {"address", proxy.address}, {"port", port},
               {"for", role == AriRole::kRequests ? "requests" : "notifications"},
               {"tls", tls_ != nullptr ? "yes" : "no"});
  return OkStatus();
}

void AriDoor::Close() {
  for (const auto& dialer : dialers_) dialer->Stop();
  allow_list_.Stop();
  for (auto* listener : {&request_listener_, &notify_listener_}) {
    if (*listener == nullptr) continue;
    (*listener)->Close();
    context_.shard.DeferDelete(std::move(*listener));
  }
  handshakes_.Clear();
}

void AriDoor::OnAccept(AriRole role, tcp::Descriptor socket, const tcp::Endpoint& peer) {
  auto connection = std::make_unique<AriConnection>(context_.shard, std::move(socket), peer, role,
                                                    context_.settings.limits.adapter_line_bytes);
  if (!connection->is_open()) {
    AriConnection::Retire(std::move(connection));
    return;
  }
  asio::error_code error;
  const auto address = asio::ip::make_address(connection->address(), error);
  if (!allow_list_.Contains(address)) {
    context_.counters.connections_refused.Add();
    context_.counters.addresses_refused.Add();
    context_.LogRefusal(connection->peer(), "the address is not on the allow list");
    allow_list_.OnRefusal();
    connection->CloseNow();
    AriConnection::Retire(std::move(connection));
    return;
  }
  Enter(std::move(connection), std::nullopt);
}

void AriDoor::Enter(std::unique_ptr<AriConnection> connection,
                    const std::optional<tls::PeerName>& dialed) {
  if (tls_ == nullptr) {
    on_connection_(std::move(connection));
    return;
  }
  if (!connection->Secure(tls_, dialed)) {
    FailHandshake(std::move(connection), "no memory for TLS");
    return;
  }
  AriConnection& entering = *connection;
  if (auto surplus = handshakes_.Add(std::move(connection))) {
    const bool this_one = surplus.get() == &entering;
    FailHandshake(std::move(surplus), "too many connections without a TLS handshake");
    if (this_one) return;
  }
  entering.ArmDeadline(entering.setup_deadline());
  entering.Open(this);
}

void AriDoor::OnSecured(AriConnection& connection) {
  const tls::Stream& tls = *connection.tls();
  context_.counters.tls_handshakes.Add();
  if (secured_.Due(context_.shard.now())) {
    PENSTOCK_LOG(kAdapter, kInfo, "TLS handshake", {"proxy", context_.settings.proxy.name},
                 {"peer", connection.peer()}, {"version", tls.version()}, {"cipher", tls.cipher()},
                 {"subject", tls.PeerSubject().value_or("-")}, {"held_back", secured_.held_back()});
  }
  on_connection_(handshakes_.Take(connection));
}

void AriDoor::OnBroken(AriConnection& connection, std::string_view why) {
  auto taken = handshakes_.Take(connection);
  // Somebody looked at the port.
  if (dialers_.empty() && taken->tls()->failure() == tls::Failure::kNothing) {
    taken->CloseNow();
    AriConnection::Retire(std::move(taken));
    return;
  }
  if (taken->is_mistaken()) {
    context_.counters.tls_plain_peers.Add();
    ari::WriteClose("this connection needs TLS", &taken->out());
  }
  FailHandshake(std::move(taken), why);
}

void AriDoor::OnDeadline(AriConnection& connection) {
  FailHandshake(handshakes_.Take(connection), "not in time");
}

void AriDoor::FailHandshake(std::unique_ptr<AriConnection> connection, std::string_view why) {
  context_.counters.connections_refused.Add();
  context_.counters.tls_handshakes_failed.Add();
  context_.LogRefusal(connection->peer(), "TLS handshake failed: " + std::string(why));
  connection->CloseGently();
  AriConnection::Retire(std::move(connection));
}

}  // namespace penstock::adapters
