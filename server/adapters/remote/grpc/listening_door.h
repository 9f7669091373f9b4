// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "adapters/courier.h"
#include "adapters/remote/grpc/door.h"
#include "adapters/remote/grpc/guest.h"
#include "adapters/remote/grpc/lobby.h"
#include "base/log_pace.h"
#include "base/status.h"
#include "config/settings.h"
#include "runtime/shard.h"
#include "transport/tcp/listener.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

class GrpcListener;

// A port where remote adapters come in over gRPC, for one proxy or several. Waits for what a stream
// says first and hands it to the proxy that is meant. Strangers have little room to wait in, for
// connections (the lobby) and for streams on them (the guests), and little time; who is meant for
// nobody is counted by the first proxy.
//
// Owned by GrpcProxies. Shard: that of the first proxy; Add() and Open() before the shards run.
class GrpcListeningDoor final : public GrpcDoor, private GrpcGuestOwner {
 public:
  static constexpr std::size_t kRoom = 64;

  // `proxy`: the first one's settings say how to listen.
  GrpcListeningDoor(const Courier& courier, runtime::Shard& shard,
                    const config::ProxySettings& proxy, std::size_t max_message_bytes);
  ~GrpcListeningDoor() override;

  // GrpcDoor; these two are thread-safe after Open().
  void SetTls(std::shared_ptr<const tls::Context> context) override;
  void SetServing(const GrpcDoorUser& user, bool serving) override;
  void Add(GrpcDoorUser* user) override { users_.push_back(user); }
  Status Open() override;
  void OnAdmitted(const GrpcPeer& peer) override;
  std::uint16_t port() const override { return port_; }

 private:
  // GrpcGuestOwner
  void OnHello(GrpcGuest& guest, GrpcHello hello) override;
  void OnNoHello(GrpcGuest& guest, GrpcStatus status, std::string_view why) override {
    Refuse(guest, status, why);
  }
  void OnGone(GrpcGuest& guest, std::string_view why) override;

  void OnAccept(tcp::Descriptor connection, const tcp::Endpoint& peer);
  void OnStrangerEnded(const tcp::Endpoint& peer, std::string_view why);
  void Enter(GrpcStreamPtr stream);
  void Remove(const GrpcGuest& guest);
  void Refuse(GrpcGuest& guest, GrpcStatus status, std::string_view why);

  // Fixed after Open().
  const Courier& courier_;
  runtime::Shard& shard_;
  const config::ProxySettings& proxy_;
  const std::size_t max_message_bytes_;
  std::vector<GrpcDoorUser*> users_;
  std::uint16_t port_ = 0;
  std::shared_ptr<const tls::Context> tls_;  // until Open()

  // State.
  std::vector<std::unique_ptr<GrpcGuest>> guests_;  // the oldest first
  GrpcLobby lobby_;
  LogPace refusals_;
  LogPace strangers_;
  std::unique_ptr<GrpcListener> listener_;
  std::unique_ptr<tcp::Listener> accepting_;
};

}  // namespace penstock::adapters
