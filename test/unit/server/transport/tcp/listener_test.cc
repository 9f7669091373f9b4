// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/listener.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <asio/connect.hpp>

namespace penstock::tcp {
namespace {

using std::chrono::milliseconds;

// The option of a connection accepted at `place`, in milliseconds.
unsigned PeerTimeoutAt(Place place) {
  const SteadyClock clock{};
  runtime::Shard shard(0, 1, clock);
  Descriptor accepted;
  auto listener =
      Listener::Open(shard, place, PortUse::kExclusive,
                     [&](Descriptor socket, const Endpoint&) { accepted = std::move(socket); });
  EXPECT_TRUE(listener.ok());
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::make_address(place.address), (*listener)->port()});
  for (int i = 0; i < 100 && !accepted.is_open(); ++i) shard.RunTurn(milliseconds(20));
  unsigned timeout = 0;
  if (accepted.is_open()) {
    socklen_t size = sizeof timeout;
    ::getsockopt(accepted.number(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size);
    accepted = {};
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

TEST(Listener, TellsWhoHasCome) {
  const SteadyClock clock{};
  runtime::Shard shard(0, 1, clock);
  Endpoint told;
  auto listener = Listener::Open(shard, {.address = "127.0.0.1"}, PortUse::kExclusive,
                                 [&](Descriptor, const Endpoint& peer) { told = peer; });
  ASSERT_TRUE(listener.ok());
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  client.connect({asio::ip::address_v4::loopback(), (*listener)->port()});
  for (int i = 0; i < 100 && told.port() == 0; ++i) shard.RunTurn(milliseconds(20));
  EXPECT_EQ(told, client.local_endpoint());
  (*listener)->Close();
  shard.DeferDelete(std::move(*listener));
  shard.RunTurn(milliseconds(0));
}

TEST(Listener, APortThatSomebodyListensOnCannotBeClaimed) {
  const SteadyClock clock{};
  runtime::Shard shard(0, 1, clock);
  auto listener = Listener::Open(shard, {.address = "127.0.0.1"}, PortUse::kShared,
                                 [](Descriptor, const Endpoint&) {});
  ASSERT_TRUE(listener.ok());
  const std::uint16_t port = (*listener)->port();
  for (const char* const address : {"127.0.0.1", "0.0.0.0", "::"}) {
    EXPECT_FALSE(Listener::ClaimPort({.address = address, .port = port}).ok()) << address;
  }
  const auto other = Listener::ClaimPort({.address = "127.0.0.1"});
  ASSERT_TRUE(other.ok());
  // Nobody is let in meanwhile.
  asio::io_context io;
  asio::ip::tcp::socket client(io);
  asio::error_code error;
  client.connect({asio::ip::address_v4::loopback(), *other}, error);
  EXPECT_EQ(error, asio::error::connection_refused);
  (*listener)->Close();
  shard.DeferDelete(std::move(*listener));
  shard.RunTurn(milliseconds(0));
}

}  // namespace
}  // namespace penstock::tcp
