// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tcp.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "endpoint.h"

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

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

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

Result<Addresses> Resolve(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    return Error("cannot resolve \"" + host + "\": " + ::gai_strerror(failure));
  }
  return Addresses(found, ::freeaddrinfo);
}

UniqueFd NewSocket(const addrinfo& address) {
  return UniqueFd(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           address.ai_protocol));
}

Status ConnectOne(int fd, const addrinfo& address, const Patience& patience) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS && errno != EINTR) return Error(ErrorText(errno));
  if (Status waited = patience.WaitFor(fd, POLLOUT); !waited) return waited;
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return Error(ErrorText(error));
  return {};
}

Status ListenOn(int fd, const addrinfo& address) {
  // A restart must not wait for the connections of the last run to be forgotten.
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    return Error(ErrorText(errno));
  }
  return {};
}

// The first of a host's addresses for which `use` succeeds, or why the last one failed.
template <class Use>
Result<UniqueFd> FirstThat(const Addresses& addresses, Use use) {
  Error last("the host has no address");
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    UniqueFd fd = NewSocket(*a);
    const Status used = fd ? use(fd.get(), *a) : Status(Error(ErrorText(errno)));
    if (used) return fd;
    last = used.error();
  }
  return last;
}

std::string AddressText(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), port,
                    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return HostAndPort(host, static_cast<uint16_t>(std::stoi(port)));
}

}  // namespace

Result<UniqueFd> Dial(const std::string& host, uint16_t port, const Patience& patience) {
  const Result<Addresses> addresses = Resolve(host, port, AI_ADDRCONFIG);
  if (!addresses) return addresses.error();
  Result<UniqueFd> fd = FirstThat(*addresses, [&](int one, const addrinfo& address) {
    return ConnectOne(one, address, patience);
  });
  if (fd) Configure(fd->get());
  return fd;
}

Result<UniqueFd> Listen(const std::string& address, uint16_t port) {
  const Result<Addresses> addresses = Resolve(address, port, AI_PASSIVE);
  if (!addresses) return addresses.error();
  return FirstThat(*addresses, ListenOn);
}

bool HasFallenSilent(int fd, std::chrono::milliseconds limit) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  const bool asked = info.tcpi_unacked > 0 || info.tcpi_probes >= kWindowProbes;
  return asked && std::chrono::milliseconds(info.tcpi_last_ack_recv) > limit;
}

std::string LocalAddress(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  return AddressText(address, size);
}

Accepted Accept(int listening) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  Accepted accepted;
  accepted.fd = UniqueFd(::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                                   SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!accepted.fd) {
    accepted.error = errno;
    return accepted;
  }
  Configure(accepted.fd.get());
  accepted.peer = AddressText(address, size);
  return accepted;
}

}  // namespace penstock::adapter
