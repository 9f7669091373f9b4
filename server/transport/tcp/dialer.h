// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/io_context.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/resolver.h"
#include "transport/tcp/socket.h"

namespace penstock::tcp {

// Connects to a host, by name or address: looks the name up anew each time, and tries one address
// after the other. Shard: own. Retire it with Shard::DeferDelete() after Stop().
class Dialer final : public runtime::Deferred {
 public:
  // For one address: time for a few SYNs to get lost.
  static constexpr Duration kTimeout = std::chrono::seconds(5);

  using OnConnected = absl::AnyInvocable<void(Descriptor, const Endpoint& peer)>;
  // Why none of the addresses could be reached.
  using OnFailed = absl::AnyInvocable<void(const std::string&)>;

  Dialer(runtime::Shard& shard, OnConnected on_connected, OnFailed on_failed);

  // One of the two callbacks comes, in a later turn. Nothing else may be under way.
  void Dial(const std::string& host, std::uint16_t port);
  // No callback comes after this.
  void Stop();
  bool IsQuiet() const override { return waits_ == 0; }

 private:
  using AsioSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

  void OnAddresses(StatusOr<Resolver::Addresses> found, std::uint16_t port);
  void TryNext();
  void OnConnect(const asio::error_code& error);
  void OnTimeout();

  // Fixed after construction.
  runtime::Shard& shard_;
  OnConnected on_connected_;
  OnFailed on_failed_;

  // State.
  Resolver resolver_;
  std::vector<Endpoint> left_;  // the next one last
  std::string why_;             // the last one could not be reached
  std::optional<AsioSocket> socket_;
  bool timed_out_ = false;
  int waits_ = 0;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::tcp
