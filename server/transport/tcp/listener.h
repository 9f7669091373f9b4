// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/basic_socket_acceptor.hpp>
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

// Accepts connections on one address for one shard. Rests for a moment when the process runs out
// of descriptors. Shard: own, but Open() may run before the shard does. Retire it with
// Shard::DeferDelete() after Close().
class Listener final : public runtime::Deferred {
 public:
  using OnAccept = absl::AnyInvocable<void(AsioSocket)>;

  // Fails with a text that names the address and the port, when it is in use for example. Port 0
  // takes any free one. A shared port must be free of other processes too: ClaimPort() looks.
  static StatusOr<std::unique_ptr<Listener>> Open(runtime::Shard& shard, const std::string& address,
                                                  std::uint16_t port, PortUse use,
                                                  OnAccept on_accept);
  // Makes sure that nobody else has the port; returns it, or a free one for 0.
  static StatusOr<std::uint16_t> ClaimPort(const std::string& address, std::uint16_t port);

  std::uint16_t port() const { return port_; }
  void Close();
  bool IsQuiet() const override { return waits_ == 0; }

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

  Listener(runtime::Shard& shard, OnAccept on_accept);
  void Wait();
  void Accept();

  runtime::Shard& shard_;
  OnAccept on_accept_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  int waits_ = 0;
  runtime::WheelTimer rest_;
};

}  // namespace penstock::tcp
