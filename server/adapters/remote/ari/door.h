// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "adapters/allow_list.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/dialer.h"
#include "adapters/remote/ari/waiting_room.h"
#include "base/log_pace.h"
#include "base/status.h"
#include "transport/tcp/listener.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// Where the connections of a proxy come from: its ports, where an allow list decides who may knock,
// or the hosts that it dials (ari.md §1.3). With TLS a connection comes out when its handshake is
// over, so that a stranger who cannot bring one about keeps nobody out.
//
// Owned by an AriChannel. Shard: the proxy's; ClaimPorts() and Open() may run before it does.
class AriDoor final : private AriConnectionOwner {
 public:
  using OnConnection = absl::AnyInvocable<void(std::unique_ptr<AriConnection>)>;

  // `on_connection` gets them, not opened yet or from within OnSecured(); `may_dial`: whether one
  // more would be welcome.
  AriDoor(AriChannelContext& context, OnConnection on_connection,
          absl::AnyInvocable<bool() const> may_dial);

  // Makes sure that the ports are free.
  Status ClaimPorts();
  Status Open();
  void Close();
  // For the handshakes from now on.
  void SetTls(std::shared_ptr<const tls::Context> context) { tls_ = std::move(context); }

  // 0 when it dials, or has no such port.
  std::uint16_t port() const { return port_; }
  std::uint16_t notify_port() const { return notify_port_; }

 private:
  // AriConnectionOwner, while a handshake is under way
  void OnLine(AriConnection& /*connection*/, std::string_view /*line*/) override {}
  void OnBroken(AriConnection& connection, std::string_view why) override;
  void OnDeadline(AriConnection& connection) override;
  void OnSecured(AriConnection& connection) override;

  Status Listen(AriRole role, std::uint16_t port, std::unique_ptr<tcp::Listener>* listener);
  void OnAccept(AriRole role, tcp::Descriptor socket, const tcp::Endpoint& peer);
  void Enter(std::unique_ptr<AriConnection> connection, const std::optional<tls::PeerName>& dialed);
  void FailHandshake(std::unique_ptr<AriConnection> connection, std::string_view why);

  // Fixed after construction.
  AriChannelContext& context_;
  OnConnection on_connection_;
  absl::AnyInvocable<bool() const> may_dial_;

  // State.
  std::shared_ptr<const tls::Context> tls_;  // null: in clear
  std::uint16_t port_ = 0;
  std::uint16_t notify_port_ = 0;
  AllowList allow_list_;
  std::unique_ptr<tcp::Listener> request_listener_;
  std::unique_ptr<tcp::Listener> notify_listener_;
  std::vector<std::unique_ptr<AriDialer>> dialers_;
  AriWaitingRoom handshakes_;
  LogPace secured_;
};

}  // namespace penstock::adapters
