// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/socket.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace penstock::tcp {

namespace {

// How much may lie unsent in the kernel before a socket counts as full: what is not there can
// still be conflated.
constexpr int kUnsentLowWater = 16 * 1024;
// Questions to a peer that has no room, without an answer: each waits longer than the one before.
constexpr int kWindowProbes = 3;

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
  asio::error_code error;
  socket_.assign(ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error);
  if (error) {  // as it may be when the process has no memory or watches left
    ::close(descriptor);
    return;
  }
  socket_.non_blocking(true, ignored);
}

void Socket::Secure(std::unique_ptr<tls::Stream> tls) {
  PENSTOCK_DCHECK(backlog_size() == 0);
  tls_ = std::move(tls);
  read_wants_write_ = false;
  write_wants_read_ = false;
}

void Socket::WaitReadable() {
  if (waiting_read_ || !socket_.is_open()) return;
  waiting_read_ = true;
  ++waits_;
  if (tls_ != nullptr && tls_->HasPending()) {
    asio::post(socket_.get_executor(), [this] { OnReady(); });
    return;
  }
  const auto what = read_wants_write_ ? AsioSocket::wait_write : AsioSocket::wait_read;
  socket_.async_wait(what, [this](const asio::error_code& error) {
    if (!error) return OnReady();
    --waits_;
    waiting_read_ = false;
  });
}

void Socket::OnReady() {
  --waits_;
  waiting_read_ = false;
  if (!socket_.is_open()) return;
  if (std::exchange(write_wants_read_, false)) OnWritable();
  if (socket_.is_open()) owner_->OnReadable();
}

ReadResult Socket::Read(std::span<char> buffer) {
  return tls_ != nullptr ? ReadTls(buffer) : Receive(buffer, 0);
}

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

ReadResult Socket::ReadTls(std::span<char> buffer) {
  const tls::IoResult result = tls_->Read(buffer);
  read_wants_write_ = result.status == tls::IoStatus::kWantWrite;
  switch (result.status) {
    case tls::IoStatus::kDone:
      return {ReadStatus::kData, result.size};
    case tls::IoStatus::kWantRead:
    case tls::IoStatus::kWantWrite:
      return {ReadStatus::kWouldBlock};
    case tls::IoStatus::kEnd:
      return {ReadStatus::kEnd};
    case tls::IoStatus::kFailed:
      break;
  }
  return {ReadStatus::kBroken};
}

bool Socket::Push(std::string_view* bytes) {
  if (tls_ == nullptr) return PushInClear(bytes);
  while (!bytes->empty()) {
    const tls::IoResult result = tls_->Write(*bytes);
    if (result.status == tls::IoStatus::kFailed || result.status == tls::IoStatus::kEnd) {
      // The descriptor may be as well as ever; the reading side is to find out all the same.
      asio::error_code ignored;
      socket_.shutdown(AsioSocket::shutdown_both, ignored);
      return false;
    }
    write_wants_read_ = result.status == tls::IoStatus::kWantRead;
    if (result.status != tls::IoStatus::kDone) break;
    bytes->remove_prefix(result.size);
  }
  return true;
}

bool Socket::PushInClear(std::string_view* bytes) {
  while (!bytes->empty()) {
    const ssize_t sent =
        ::send(socket_.native_handle(), bytes->data(), bytes->size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::uint64_t>(sent);
      bytes->remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == EWOULDBLOCK;
  }
  return true;
}

bool Socket::Write(std::string_view bytes) {
  if (!socket_.is_open()) return false;
  if (backlog_size() == 0) {
    if (!Push(&bytes)) return false;
    if (bytes.empty()) return true;
  }
  backlog_ += bytes;
  WaitWritable();
  return true;
}

void Socket::WaitWritable() {
  if (!socket_.is_open()) return;
  if (write_wants_read_) {
    WaitReadable();  // which comes back to OnWritable()
    return;
  }
  if (waiting_write_) return;
  waiting_write_ = true;
  ++waits_;
  socket_.async_wait(AsioSocket::wait_write, [this](const asio::error_code& error) {
    --waits_;
    waiting_write_ = false;
    if (!error && socket_.is_open()) OnWritable();
  });
}

void Socket::OnWritable() {
  if (ending_) {
    ShutdownSend();
    return;
  }
  std::string_view rest = std::string_view(backlog_).substr(backlog_sent_);
  // If it is broken the reading side finds out and tells the owner.
  const bool whole = Push(&rest);
  backlog_sent_ = backlog_.size() - rest.size();
  if (whole && !rest.empty()) {
    WaitWritable();
    return;
  }
  backlog_sent_ = 0;
  std::string().swap(backlog_);
  owner_->OnDrained();
}

void Socket::ShutdownSend() {
  ending_ = tls_ != nullptr && tls_->EndSending() == tls::IoStatus::kWantWrite;
  if (ending_) {
    WaitWritable();
    return;
  }
  asio::error_code ignored;
  socket_.shutdown(AsioSocket::shutdown_send, ignored);
}

void Socket::Close() {
  // A peer that still listens is to know that nothing was cut off.
  if (tls_ != nullptr && backlog_size() == 0) static_cast<void>(tls_->EndSending());
  tls_.reset();
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
  PENSTOCK_DCHECK(backlog_size() == 0 && tls_ == nullptr);
  asio::error_code ignored;
  return socket_.release(ignored);
}

AsioSocket Socket::Take() {
  PENSTOCK_DCHECK(quiet() && backlog_size() == 0);
  return std::move(socket_);
}

void Socket::WatchPeer(std::chrono::milliseconds patience) {
  const int descriptor = socket_.native_handle();
  const int on = 1;
  // Ends a peer that is there and takes nothing: so it gets more time. With it set, the kernel does
  // not count the questions without an answer any more.
  constexpr int kBusyFactor = 4;
  const auto millis = static_cast<unsigned>(patience.count() * kBusyFactor);
  const int quarter = std::max(1, static_cast<int>(patience.count() / 4000));  // seconds
  ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &quarter, sizeof quarter);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &quarter, sizeof quarter);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &millis, sizeof millis);
}

std::chrono::milliseconds Socket::PeerSilence() {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  int queued = 0;  // sent without an answer or not sent
  if (::ioctl(descriptor(), SIOCOUTQ, &queued) != 0) return {};
  // With nothing to send, there are the questions of WatchPeer().
  const bool asked = queued == 0 || info.tcpi_unacked > 0 || info.tcpi_probes >= kWindowProbes;
  if (!asked) return {};
  return std::chrono::milliseconds(std::min(info.tcpi_last_ack_recv, info.tcpi_last_data_recv));
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
