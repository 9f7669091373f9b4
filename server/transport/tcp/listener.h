// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/basic_socket_acceptor.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "transport/tcp/socket.h"

namespace penstock::tcp {

// Whether several listeners of this process share the port (one a shard).
enum class PortUse : std::uint8_t { kExclusive, kShared };

// Where to listen.
struct Place {
  std::string address;     // numeric
  std::uint16_t port = 0;  // 0: any free one
  bool ipv6_only = false;  // with "::": else IPv4 comes in there too
  int backlog = 0;         // connections that wait to be accepted; 0 = as the system has it
  // Accepted connections whose peer has acknowledged nothing for so long are broken: it is gone
  // without a word. 0 = as the system has it, a quarter of an hour or so.
  std::chrono::milliseconds peer_timeout{0};
};

// Accepts connections on one address for one shard. Rests for a moment when the process runs out
// of descriptors, or when it is told to. Shard: own, but Open() may run before the shard does.
// Retire it with Shard::DeferDelete() after Close().
class Listener final : public runtime::Deferred {
 public:
  // `peer`: its address.
  using OnAccept = absl::AnyInvocable<void(Descriptor, const Endpoint& peer)>;
  // Asked before each connection is accepted; while it says no, they wait in the kernel.
  using MayAccept = absl::AnyInvocable<bool()>;

  // Fails with a text that names the address and the port, when it is in use for example. A shared
  // port must be free of other processes too: ClaimPort() looks.
  static StatusOr<std::unique_ptr<Listener>> Open(runtime::Shard& shard, const Place& place,
                                                  PortUse use, OnAccept on_accept,
                                                  MayAccept may_accept = {});
  // Makes sure that nobody else has the port; returns it, or a free one for 0.
  static StatusOr<std::uint16_t> ClaimPort(const Place& place);

  std::uint16_t port() const { return port_; }
  void Close();
  bool IsQuiet() const override { return waits_ == 0; }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

  Listener(runtime::Shard& shard, OnAccept on_accept, MayAccept may_accept);
  void Wait();
  void Accept();

  runtime::Shard& shard_;
  OnAccept on_accept_;
  MayAccept may_accept_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  int waits_ = 0;
  runtime::WheelTimer rest_;
};

}  // namespace penstock::tcp
