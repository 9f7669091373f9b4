// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_lobby.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace penstock::adapter {
namespace {

// How long it rests that cannot accept, for want of descriptors.
constexpr std::chrono::milliseconds kRest{100};
// gRPC reads what is there: it is worth a look when something has come, not as long as it is there.
// And now and then, for what gRPC has read before that is told.
constexpr uint32_t kArrivals = EPOLLIN | EPOLLET;
constexpr int kLookAgainMillis = 1000;

// What a connection has sent, read or not.
uint64_t Received(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

// The system and gRPC spell IPv4 in IPv6, and the scope of an address, in ways of their own.
std::string Plain(std::string peer) {
  constexpr std::string_view kMapped = "[::ffff:";
  const size_t end = peer.find(']');
  if (end == std::string::npos) return peer;
  if (peer.rfind(kMapped, 0) == 0 && peer.find('.') != std::string::npos) {
    return peer.substr(kMapped.size(), end - kMapped.size()) + peer.substr(end + 1);
  }
  if (const size_t scope = peer.find('%'); scope < end) peer.erase(scope, end - scope);
  return peer;
}

}  // namespace

GrpcLobby::~GrpcLobby() {
  stop_.Raise({});
  if (thread_.joinable()) thread_.join();
}

Status GrpcLobby::Open(UniqueFd listening) {
  listening_ = std::move(listening);
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_ || !Watch(listening_.get(), EPOLLIN) || !Watch(stop_.fd(), EPOLLIN)) {
    return Error(ErrorText(errno));
  }
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& e) {
    return Error(std::string("cannot start a thread: ") + e.what());
  }
  return {};
}

bool GrpcLobby::Watch(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void GrpcLobby::Loop() {
  std::array<epoll_event, kRoom> ready;
  while (!stop_.raised()) {
    const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                                   Fds().empty() ? -1 : kLookAgainMillis);
    for (int i = 0; i < count; ++i) {
      const epoll_event& one = ready[static_cast<size_t>(i)];
      if (one.data.fd == listening_.get()) {
        AcceptOne();
      } else if (one.data.fd != stop_.fd()) {
        OnReady(one.data.fd, one.events);
      }
    }
    if (count == 0) {
      for (const int fd : Fds()) OnReady(fd, 0);
    }
  }
}

std::vector<int> GrpcLobby::Fds() {
  std::vector<int> fds;
  const std::lock_guard lock(mutex_);
  for (const Stranger& one : strangers_) fds.push_back(one.second.get());
  return fds;
}

void GrpcLobby::AcceptOne() {
  Accepted accepted = Accept(listening_.get());
  const int given = accepted.fd ? ::fcntl(accepted.fd.get(), F_DUPFD_CLOEXEC, 0) : -1;
  if (given < 0) {
    if (accepted.fd || accepted.error != EAGAIN) stop_.WaitFor(kRest);
    return;
  }
  if (!Watch(accepted.fd.get(), kArrivals)) {
    ::close(given);
    on_ended_(accepted.peer, "cannot be watched: " + ErrorText(errno));
    return;
  }
  std::optional<Stranger> surplus;
  {
    const std::lock_guard lock(mutex_);
    if (strangers_.size() == kRoom) surplus = TakeOut(strangers_.begin());
    strangers_.push_back({std::move(accepted.fd), Plain(std::move(accepted.peer))});
  }
  if (surplus) End(*surplus, "too many connections at once");
  on_connection_(given);
}

void GrpcLobby::OnReady(int fd, uint32_t events) {
  std::optional<Stranger> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(strangers_.begin(), strangers_.end(),
                                 [fd](const Stranger& one) { return one.second.get() == fd; });
    if (at == strangers_.end()) return;
    const bool is_over = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (!is_over && Received(fd) <= kMostBytes) return;
    gone = TakeOut(at);
    if (is_over) return;
  }
  End(*gone, "sends more than it has to say");
}

// gRPC has the connection as well: what epoll knows of it would not end with this descriptor.
GrpcLobby::Stranger GrpcLobby::TakeOut(Strangers::iterator at) {
  Stranger taken = std::move(*at);
  strangers_.erase(at);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, taken.second.get(), nullptr);
  return taken;
}

void GrpcLobby::End(const Stranger& stranger, const std::string& why) {
  on_ended_(stranger.peer, why);
  ::shutdown(stranger.second.get(), SHUT_RDWR);
}

void GrpcLobby::Leave(const std::string& peer) {
  const std::string plain = Plain(peer);
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(strangers_.begin(), strangers_.end(),
                               [&plain](const Stranger& one) { return one.peer == plain; });
  if (at != strangers_.end()) TakeOut(at);
}

}  // namespace penstock::adapter
