// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/log.h"

namespace penstock::tcp {

namespace {

// Connections accepted for one readiness; the others wait for the next turn.
constexpr int kAcceptBatch = 64;
// How long a listener rests that cannot or may not accept.
constexpr auto kRest = std::chrono::milliseconds(100);

Status Failure(const Place& place, const asio::error_code& error) {
  std::string text =
      "cannot listen on " + place.address + " port " + std::to_string(place.port) + ": ";
  text += error == asio::error::address_in_use ? "the port is in use" : error.message();
  return Unavailable(text);
}

template <class Acceptor>
Status Bind(Acceptor& acceptor, const Place& place, bool reuse_port) {
  asio::error_code error;
  const auto ip = asio::ip::make_address(place.address, error);
  if (error) return InvalidArgument("not a numeric address: " + place.address);
  const Endpoint endpoint(ip, place.port);
  acceptor.open(endpoint.protocol(), error);
  if (error) return Failure(place, error);
  // Said in any case: what the system has for it differs.
  if (ip.is_v6()) acceptor.set_option(asio::ip::v6_only(place.ipv6_only), error);
  if (error) return Failure(place, error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (reuse_port) {
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  Prepare(acceptor.native_handle());
  if (const auto timeout = static_cast<unsigned>(place.peer_timeout.count()); timeout > 0) {
    // Inherited by what is accepted, like the rest.
    ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
  }
  acceptor.bind(endpoint, error);
  if (error) return Failure(place, error);
  return OkStatus();
}

// The peer is gone again, or the way to it: accept(2) tells of what was to be accepted, too.
bool IsOfOneConnection(int error) {
  constexpr int kOnes[] = {ECONNABORTED, EINTR,  ENETDOWN,     EPROTO,     ENOPROTOOPT,
                           EHOSTDOWN,    ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH};
  return std::find(std::begin(kOnes), std::end(kOnes), error) != std::end(kOnes);
}

}  // namespace

Listener::Listener(runtime::Shard& shard, OnAccept on_accept, MayAccept may_accept)
    : shard_(shard),
      on_accept_(std::move(on_accept)),
      may_accept_(std::move(may_accept)),
      acceptor_(shard.io()),
      rest_([](void* self) { static_cast<Listener*>(self)->Wait(); }, this) {}

StatusOr<std::unique_ptr<Listener>> Listener::Open(runtime::Shard& shard, const Place& place,
                                                   PortUse use, OnAccept on_accept,
                                                   MayAccept may_accept) {
  std::unique_ptr<Listener> listener(
      new Listener(shard, std::move(on_accept), std::move(may_accept)));
  PENSTOCK_RETURN_IF_ERROR(Bind(listener->acceptor_, place, use == PortUse::kShared));
  asio::error_code error;
  listener->acceptor_.listen(
      place.backlog > 0 ? place.backlog : asio::socket_base::max_listen_connections, error);
  if (error) return Failure(place, error);
  listener->acceptor_.non_blocking(true, error);
  listener->port_ = listener->acceptor_.local_endpoint(error).port();
  listener->Wait();
  return listener;
}

StatusOr<std::uint16_t> Listener::ClaimPort(const Place& place) {
  asio::io_context io(1);
  Acceptor probe(io);
  // Without SO_REUSEPORT the bind fails where any other socket listens on the port. This one does
  // not: whoever came in the meantime would be reset.
  PENSTOCK_RETURN_IF_ERROR(Bind(probe, place, false));
  asio::error_code error;
  return probe.local_endpoint(error).port();
}

void Listener::Wait() {
  if (!acceptor_.is_open()) return;
  ++waits_;
  acceptor_.async_wait(Acceptor::wait_read, [this](const asio::error_code& error) {
    --waits_;
    if (!error && acceptor_.is_open()) Accept();
  });
}

void Listener::Accept() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    if (may_accept_ && !may_accept_()) {
      shard_.wheel().Arm(rest_, shard_.now() + kRest);
      return;
    }
    Endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    Descriptor socket(
        ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) {
      const int error = errno;
      if (error == EAGAIN || error == EWOULDBLOCK) break;
      if (IsOfOneConnection(error)) continue;
      PENSTOCK_LOG(kConnection, kError, "cannot accept a connection",
                   {"error", std::strerror(error)}, {"port", port_});
      shard_.wheel().Arm(rest_, shard_.now() + kRest);
      return;
    }
    peer.resize(size);
    on_accept_(std::move(socket), peer);
    if (!acceptor_.is_open()) return;
  }
  Wait();
}

void Listener::Close() {
  rest_.Cancel();
  asio::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace penstock::tcp
