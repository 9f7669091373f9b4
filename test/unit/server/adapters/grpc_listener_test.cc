// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "transport/tcp/descriptor.h"

namespace penstock::adapters {
namespace {

using std::chrono::milliseconds;

// The client's preface and its empty SETTINGS: HTTP/2 has begun, and there is no stream.
constexpr std::string_view kBegin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

// Two ends of a connection.
std::pair<tcp::Descriptor, tcp::Descriptor> Connect() {
  const tcp::Descriptor listening(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listening.number(), raw, size), 0);
  EXPECT_EQ(::listen(listening.number(), 1), 0);
  EXPECT_EQ(::getsockname(listening.number(), raw, &size), 0);
  tcp::Descriptor theirs(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(theirs.number(), raw, size), 0);
  return {std::move(theirs),
          tcp::Descriptor(::accept4(listening.number(), nullptr, nullptr, SOCK_NONBLOCK))};
}

// Whether the other end hangs up before nothing has come for so long.
bool HangsUp(const tcp::Descriptor& connection, milliseconds patience) {
  pollfd wait = {connection.number(), POLLIN, 0};
  char bytes[4096];
  while (::poll(&wait, 1, static_cast<int>(patience.count())) == 1) {
    if (::recv(connection.number(), bytes, sizeof bytes, 0) <= 0) return true;
  }
  return false;
}

TEST(GrpcListener, EndsAConnectionWithoutStreams) {
  auto listener = GrpcListener::Open(
      {}, 1 << 20, nullptr, [](GrpcStreamPtr) {}, milliseconds(100));
  ASSERT_TRUE(listener.ok());
  auto [theirs, ours] = Connect();
  (*listener)->Take(std::move(ours));
  ASSERT_EQ(::send(theirs.number(), kBegin.data(), kBegin.size(), 0),
            static_cast<ssize_t>(kBegin.size()));
  // Before the handshake would have to be over, so that it is not that which ends it.
  EXPECT_TRUE(HangsUp(theirs, milliseconds(5000)));
}

}  // namespace
}  // namespace penstock::adapters
