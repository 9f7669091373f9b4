// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/listener.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/connect.hpp>
#include <optional>

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;

// The option of a connection accepted at `place`, in milliseconds.
unsigned PeerTimeoutAt(Place place) {
  const SteadyClock clock;
  runtime::Shard shard(0, 1, clock);
  std::optional<AsioSocket> accepted;
  auto listener = Listener::Open(shard, place, PortUse::kExclusive,
                                 [&](AsioSocket socket) { accepted.emplace(std::move(socket)); });
  EXPECT_TRUE(listener.ok());
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address(place.address), (*listener)->port()});
  for (int i = 0; i < 100 && !accepted; ++i) shard.RunTurn(milliseconds(20));
  unsigned timeout = 0;
  if (accepted) {
    socklen_t size = sizeof timeout;
    ::getsockopt(accepted->native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size);
    accepted.reset();
  }
  (*listener)->Close();
  shard.DeferDelete(std::move(*listener));
  shard.RunTurn(milliseconds(0));
  return timeout;
}

TEST(Listener, ConnectionsOfPeersThatAreGoneBreakInTime) {
  EXPECT_EQ(PeerTimeoutAt({.address = "127.0.0.1", .peer_timeout = milliseconds(1234)}), 1234u);
  EXPECT_EQ(PeerTimeoutAt({.address = "::1", .peer_timeout = milliseconds(1234)}), 1234u);
  EXPECT_EQ(PeerTimeoutAt({.address = "127.0.0.1"}), 0u);
}

}  // namespace
}  // namespace penstock::tcp
