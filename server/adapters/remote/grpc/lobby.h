// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/descriptor.h"
#include "transport/tcp/socket.h"

namespace penstock::adapters {

// The connections at a port over gRPC that are no remote adapter's yet. gRPC takes whoever comes,
// looks at the size of a message when it has all of it, and tells nobody when a connection ends. So
// a stranger's has a second descriptor here, by which it is counted, watched, and ended: there is
// room for few, an address has a share of it, and when it is full the oldest goes, since a remote
// adapter does at once what it has to do; and who sends more than anybody has to say goes too. Who
// is let in leaves: that connection is gRPC's alone, and nobody watches it.
//
// Owned by a GrpcListeningDoor. Shard: the door's.
class GrpcLobby {
 public:
  static constexpr std::size_t kRoom = 128;
  static constexpr std::size_t kShare = 64;
  // With all that TLS and HTTP/2 add. Health checks may come over one connection for hours.
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;

  // Told of each one that the lobby ends.
  using OnEnded = absl::AnyInvocable<void(const tcp::Endpoint& peer, std::string_view why)>;

  GrpcLobby(runtime::Shard& shard, OnEnded on_ended);
  ~GrpcLobby();

  // `second`: a descriptor of the connection beside gRPC's.
  void Enter(tcp::Descriptor second, const tcp::Endpoint& peer);
  // A remote adapter was let in that comes from there.
  void Leave(const tcp::Endpoint& peer);
  std::size_t size() const { return strangers_.size(); }

 private:
  class Stranger;

  void OnReady(Stranger& stranger, bool is_over);
  void LookAtAll();
  void MakeRoom(const tcp::Endpoint& peer);
  void End(Stranger& stranger, std::string_view why);
  void Remove(const Stranger& stranger);

  // Fixed after construction.
  runtime::Shard& shard_;
  OnEnded on_ended_;

  // State.
  std::vector<std::unique_ptr<Stranger>> strangers_;  // the oldest first
  runtime::WheelTimer look_;                          // while there are any
};

}  // namespace penstock::adapters
