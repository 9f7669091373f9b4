// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/check.h"

namespace penstock::tcp {

namespace {

// How much may lie unsent in the kernel before a socket counts as full: what is not there can
// still be conflated.
constexpr int kUnsentLowWater = 16 * 1024;

void Prepare(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentLowWater,
               sizeof kUnsentLowWater);
}

}  // namespace

Socket::Socket(runtime::Shard& /*shard*/, AsioSocket socket, SocketOwner* owner)
    : socket_(std::move(socket)), owner_(owner) {
  asio::error_code ignored;
  socket_.non_blocking(true, ignored);
  ipv6_ = Remote().address().is_v6();
  Prepare(socket_.native_handle());
}

Socket::Socket(runtime::Shard& shard, int descriptor, bool ipv6, SocketOwner* owner)
    : socket_(shard.io()), owner_(owner), ipv6_(ipv6) {
  asio::error_code ignored;
  socket_.assign(ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, ignored);
  socket_.non_blocking(true, ignored);
}

void Socket::WaitReadable() {
  if (waiting_read_ || !socket_.is_open()) return;
  waiting_read_ = true;
  ++waits_;
  socket_.async_wait(AsioSocket::wait_read, [this](const asio::error_code& error) {
    --waits_;
    waiting_read_ = false;
    if (!error && socket_.is_open()) owner_->OnReadable();
  });
}

ReadResult Socket::Read(std::span<char> buffer) { return Receive(buffer, 0); }

ReadResult Socket::Peek(std::span<char> buffer) { return Receive(buffer, MSG_PEEK); }

ReadResult Socket::Receive(std::span<char> buffer, int flags) {
  for (;;) {
    const ssize_t got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), flags);
    if (got > 0) return {ReadStatus::kData, static_cast<std::size_t>(got)};
    if (got == 0) return {ReadStatus::kEnd};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {ReadStatus::kWouldBlock};
    return {ReadStatus::kBroken};
  }
}

bool Socket::Write(std::string_view bytes) {
  if (!socket_.is_open()) return false;
  if (backlog_size() == 0) {
    while (!bytes.empty()) {
      const ssize_t sent =
          ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return false;
    }
    if (bytes.empty()) return true;
  }
  backlog_ += bytes;
  WaitWritable();
  return true;
}

void Socket::WaitWritable() {
  if (waiting_write_ || !socket_.is_open()) return;
  waiting_write_ = true;
  ++waits_;
  socket_.async_wait(AsioSocket::wait_write, [this](const asio::error_code& error) {
    --waits_;
    waiting_write_ = false;
    if (!error && socket_.is_open()) OnWritable();
  });
}

void Socket::OnWritable() {
  while (backlog_sent_ < backlog_.size()) {
    const ssize_t sent = ::send(socket_.native_handle(), backlog_.data() + backlog_sent_,
                                backlog_.size() - backlog_sent_, MSG_NOSIGNAL);
    if (sent >= 0) {
      backlog_sent_ += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      WaitWritable();
      return;
    }
    // Broken: the reading side finds out and tells the owner.
    break;
  }
  backlog_sent_ = 0;
  std::string().swap(backlog_);
  owner_->OnDrained();
}

void Socket::ShutdownSend() {
  asio::error_code ignored;
  socket_.shutdown(AsioSocket::shutdown_send, ignored);
}

void Socket::Close() {
  asio::error_code ignored;
  socket_.close(ignored);
  backlog_sent_ = 0;
  std::string().swap(backlog_);
}

std::string Socket::TakeBacklog() {
  std::string rest = std::move(backlog_).substr(backlog_sent_);
  backlog_sent_ = 0;
  std::string().swap(backlog_);
  return rest;
}

int Socket::Release() {
  PENSTOCK_DCHECK(backlog_size() == 0);
  asio::error_code ignored;
  return socket_.release(ignored);
}

AsioSocket Socket::Take() {
  PENSTOCK_DCHECK(quiet() && backlog_size() == 0);
  return std::move(socket_);
}

Endpoint Socket::Remote() const {
  asio::error_code ignored;
  return socket_.remote_endpoint(ignored);
}

std::string Socket::RemoteText() const { return AddressText(Remote()); }

std::string AddressText(const Endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace penstock::tcp
