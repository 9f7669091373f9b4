// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "address_race.h"

namespace penstock::adapter {
namespace {

// An idle peer that is gone is given up after about 25 s; the protocol has nothing that tells of it
// (ari.md 1.8). For one that is not idle see HasFallenSilent().
constexpr int kKeepIdleSeconds = 10;
constexpr int kKeepIntervalSeconds = 5;
constexpr int kKeepProbes = 3;
// Probes of a closed window that nobody answered, and that others follow the later the more there
// were.
constexpr int kWindowProbes = 3;
constexpr int kBacklog = 16;

void SetOption(int fd, int level, int name, int value) {
  // Without effect the connection still works, only the loss of a peer shows later.
  (void)::setsockopt(fd, level, name, &value, sizeof(value));
}

void Configure(int fd) {
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
}

UniqueFd NewSocket(const SocketAddress& address) {
  return UniqueFd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Status ListenOn(int fd, const SocketAddress& address) {
  // A restart must not wait for the connections of the last run to be forgotten.
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd, address.get(), address.size) != 0 || ::listen(fd, kBacklog) != 0) {
    return Error(ErrorText(errno));
  }
  return {};
}

}  // namespace

Result<UniqueFd> Dial(const Addresses& addresses, const Patience& patience) {
  Result<UniqueFd> fd = AddressRace(addresses, patience).Run();
  if (fd) Configure(fd->get());
  return fd;
}

Result<UniqueFd> Listen(const Addresses& addresses) {
  Error last("the host has no address");
  for (const SocketAddress& address : addresses) {
    UniqueFd fd = NewSocket(address);
    const Status listens = fd ? ListenOn(fd.get(), address) : Status(Error(ErrorText(errno)));
    if (listens) return fd;
    last = listens.error();
  }
  return last;
}

bool HasFallenSilent(int fd, std::chrono::milliseconds limit) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  const bool asked = info.tcpi_unacked > 0 || info.tcpi_probes >= kWindowProbes;
  return asked && std::chrono::milliseconds(info.tcpi_last_ack_recv) > limit;
}

std::string LocalAddress(int fd) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (::getsockname(fd, address.get(), &address.size) != 0) return "unknown";
  return AddressText(address);
}

Result<SocketAddress> PeerAddress(int fd) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  if (::getpeername(fd, address.get(), &address.size) != 0) return Error(ErrorText(errno));
  return address;
}

Accepted Accept(int listening) {
  SocketAddress address;
  address.size = sizeof(address.storage);
  Accepted accepted;
  accepted.fd =
      UniqueFd(::accept4(listening, address.get(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!accepted.fd) {
    accepted.error = errno;
    return accepted;
  }
  Configure(accepted.fd.get());
  accepted.peer = AddressText(address);
  return accepted;
}

}  // namespace penstock::adapter
