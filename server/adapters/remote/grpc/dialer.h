// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/security/credentials.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/remote/grpc/client_stream.h"
#include "adapters/remote/grpc/door.h"
#include "adapters/remote/grpc/guest.h"
#include "adapters/remote/redialer.h"
#include "config/remote_hosts.h"
#include "config/settings.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/resolver.h"

namespace penstock::adapters {

// Keeps a stream to one host: dials its addresses, one after the other, each over a connection of
// its own, and waits for what the adapter says first. gRPC neither looks up names nor makes second
// attempts.
//
// Owned by a GrpcDialingDoor. Shard: the user's; Start() may run before it does.
class GrpcDialer final : private GrpcGuestOwner {
 public:
  // All must outlive this.
  struct Place {
    GrpcDoorUser& user;
    const config::ProxySettings& proxy;
    std::size_t max_message_bytes;
    GrpcCalls& calls;
  };

  GrpcDialer(Place place, config::RemoteHost host);

  // For the connections from now on.
  void SetCredentials(std::shared_ptr<grpc::ChannelCredentials> credentials) {
    credentials_ = std::move(credentials);
  }
  void Start() { redialer_.Start(); }
  void Stop();

 private:
  // GrpcGuestOwner
  void OnHello(GrpcGuest& guest, GrpcHello hello) override;
  void OnNoHello(GrpcGuest& guest, GrpcStatus status, std::string_view why) override;
  void OnGone(GrpcGuest& guest, std::string_view why) override;

  void Dial();
  void TryNext();
  // One that does not even connect has less time than who says no Hello.
  void CheckConnected();
  void Fail(GrpcStatus status, std::string_view why);
  GrpcStreamPtr TakeStream();

  // Fixed after construction.
  const Place place_;
  runtime::Shard& shard_;

  // State.
  Redialer redialer_;
  tcp::Resolver resolver_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  tcp::Resolver::Addresses left_;             // the next one last
  std::string where_;                         // is being dialed
  std::string why_;                           // the last one could not be reached
  std::shared_ptr<GrpcClientStream> stream_;  // these two while one is dialed
  std::unique_ptr<GrpcGuest> guest_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::adapters
