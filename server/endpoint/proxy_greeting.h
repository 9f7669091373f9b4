// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "endpoint/options.h"
#include "protection/seat.h"
#include "runtime/shard.h"
#include "transport/tcp/proxy_header.h"
#include "transport/tcp/socket.h"

namespace penstock::endpoint {

class Endpoint;

// A connection before it is one: accepted where each must begin with a header of the PROXY
// protocol, which is read off it and not a byte more, so that anything may follow, be it TLS. Then
// the Endpoint makes the Connection.
// Owned by the Endpoint of its shard until Close() or until the header is read. Shard: own.
class ProxyGreeting final : public tcp::SocketOwner, public runtime::Deferred {
 public:
  ProxyGreeting(Endpoint& endpoint, std::uint32_t listener, tcp::Descriptor socket,
                const tcp::Endpoint& peer, protection::Seat seat);

  // Once, with the number by which the endpoint knows it.
  void Start(std::uint32_t slot);
  void Close();
  std::uint32_t listener_index() const { return listener_index_; }
  protection::Seat TakeSeat() { return std::move(seat_); }

  // tcp::SocketOwner
  void OnReadable() override;
  void OnDrained() override {}

 private:
  const ListenerProfile& listener() const;
  void Refuse(std::string_view why);
  void Finish();

  Endpoint& endpoint_;
  const std::uint32_t listener_index_;
  std::uint32_t slot_ = 0;
  const tcp::Endpoint peer_;
  tcp::Socket socket_;
  protection::Seat seat_;  // counted from the accept on
  tcp::ProxyHeaderParser parser_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::endpoint
