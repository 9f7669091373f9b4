// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace penstock::adapter {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds until a silent, dead peer is given up; the protocol has nothing that tells of it
// (ari.md 1.8).
constexpr int kKeepIdleSeconds = 10;
constexpr int kKeepIntervalSeconds = 5;
constexpr int kKeepProbes = 3;
constexpr int kUserTimeoutMillis = 25000;

std::string ErrorText(int error) { return std::system_category().message(error); }

int MillisUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

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
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMillis);
}

// Zero, or the error number.
int ConnectOne(int fd, const addrinfo& address, Clock::time_point deadline,
               const StopSignal& stop) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  while (true) {
    pollfd waits[2] = {{fd, POLLOUT, 0}, {stop.fd(), POLLIN, 0}};
    const int n = ::poll(waits, 2, MillisUntil(deadline));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return ETIMEDOUT;
    if (waits[1].revents != 0) return ECANCELED;
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
  }
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

StopSignal::StopSignal() {
  int fds[2] = {-1, -1};
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0) {
    read_ = UniqueFd(fds[0]);
    write_ = UniqueFd(fds[1]);
  }
}

void StopSignal::Raise(std::chrono::milliseconds drain) {
  if (claimed_.exchange(true)) return;
  drain_.store(drain.count());
  raised_.store(true);
  const char byte = 1;
  (void)!::write(write_.get(), &byte, 1);
}

bool StopSignal::WaitFor(std::chrono::milliseconds time) const {
  const auto deadline = Clock::now() + time;
  while (true) {
    pollfd wait = {fd(), POLLIN, 0};
    const int n = ::poll(&wait, 1, MillisUntil(deadline));
    if (n > 0) return true;
    if (n == 0 || errno != EINTR) return false;
  }
}

UniqueFd Dial(const std::string& host, uint16_t port, std::chrono::milliseconds timeout,
              const StopSignal& stop, std::string* error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failure != 0) {
    *error = std::string("cannot resolve the host: ") + ::gai_strerror(failure);
    return {};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  const auto deadline = Clock::now() + timeout;
  *error = "the host has no address";
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    UniqueFd fd(
        ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol));
    if (!fd) {
      *error = ErrorText(errno);
      continue;
    }
    const int code = ConnectOne(fd.get(), *a, deadline, stop);
    if (code != 0) {
      *error = ErrorText(code);
      continue;
    }
    Configure(fd.get());
    const int flags = ::fcntl(fd.get(), F_GETFL);
    (void)::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK);
    return fd;
  }
  return {};
}

}  // namespace penstock::adapter
