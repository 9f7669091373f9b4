// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tcp/socket.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "transport/tcp/send_batch.h"

namespace penstock::tcp {

namespace {

// How much may lie unsent in the kernel before a socket counts as full: what is not there can
// still be conflated.
constexpr int kUnsentLowWater = 16 * 1024;
// Questions to a peer that has no room, without an answer: each waits longer than the one before.
constexpr int kWindowProbes = 3;

}  // namespace

void Prepare(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentLowWater,
               sizeof kUnsentLowWater);
}

Socket::Socket(runtime::Shard& shard, Descriptor descriptor, SocketOwner* owner)
    : ready_set_(shard.ready_set()), owner_(owner), descriptor_(std::move(descriptor)) {
  if (!is_open()) return;
  if (ready_set_.Add(this->descriptor(), runtime::kReadable, this)) {
    watched_ = runtime::kReadable;
  } else {  // as it may be when the process has no memory or watches left
    descriptor_ = {};
  }
}

Socket::~Socket() { LeaveReadySet(); }

void Socket::LeaveReadySet() {
  if (std::exchange(watched_, 0) != 0) {
    ready_set_.Remove(descriptor(), this);
  } else {
    ready_set_.Forget(this);
  }
}

void Socket::Secure(std::unique_ptr<tls::Stream> tls) {
  PENSTOCK_DCHECK(backlog_size() == 0);
  tls_ = std::move(tls);
  read_wants_write_ = false;
  write_wants_read_ = false;
  if (is_open()) Watch();
}

std::uint32_t Socket::Wanted() const {
  std::uint32_t wanted = 0;
  if (waiting_read_) wanted |= ReadWants();
  if (waiting_write_) wanted |= runtime::kWritable;
  return wanted;
}

void Socket::Watch() {
  const std::uint32_t wanted = Wanted();
  if ((wanted & ~watched_) == 0) return;
  if (watched_ != 0) {
    watched_ |= wanted;
    ready_set_.Change(descriptor(), watched_, this);
  } else if (ready_set_.Add(descriptor(), wanted, this)) {
    watched_ = wanted;
  } else {  // reading finds out
    ::shutdown(descriptor(), SHUT_RDWR);
    waiting_read_ = true;
    ready_set_.CallSoon(this);
  }
}

void Socket::WaitReadable() {
  if (waiting_read_ || !is_open()) return;
  waiting_read_ = true;
  if (tls_ != nullptr && tls_->HasPending()) {
    ready_set_.CallSoon(this);
    return;
  }
  Watch();
}

void Socket::OnReady(std::uint32_t events) {
  if ((events & runtime::kBroken) != 0) events |= runtime::kReadable | runtime::kWritable;
  const bool reads = waiting_read_ && (events & ReadWants()) != 0;
  if (waiting_write_ && (events & runtime::kWritable) != 0) {
    waiting_write_ = false;
    OnWritable();
  }
  if (reads && is_open()) OnWaitOver();
  if (is_open()) Unwatch(events);
}

// What is watched and not waited for would be told in each turn.
void Socket::Unwatch(std::uint32_t events) {
  const std::uint32_t unwanted = events & watched_ & ~Wanted();
  if (unwanted == 0) return;
  watched_ &= ~unwanted;
  if (watched_ != 0) {
    ready_set_.Change(descriptor(), watched_, this);
  } else {
    ready_set_.Remove(descriptor(), this);
  }
}

void Socket::OnWaitOver() {
  waiting_read_ = false;
  if (std::exchange(write_wants_read_, false)) OnWritable();
  if (is_open()) owner_->OnReadable();
}

ReadResult Socket::Read(std::span<char> buffer) {
  return tls_ != nullptr ? ReadTls(buffer) : Receive(buffer, 0);
}

ReadResult Socket::Peek(std::span<char> buffer) { return Receive(buffer, MSG_PEEK); }

ReadResult Socket::Receive(std::span<char> buffer, int flags) {
  for (;;) {
    const ssize_t got = ::recv(descriptor(), buffer.data(), buffer.size(), flags);
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
      ::shutdown(descriptor(), SHUT_RDWR);
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
    const ssize_t sent = ::send(descriptor(), bytes->data(), bytes->size(), MSG_NOSIGNAL);
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
  if (!is_open()) return false;
  if (backlog_size() == 0) {
    if (!Push(&bytes)) return false;
    if (bytes.empty()) return true;
  }
  if (backlog_ == nullptr) backlog_ = std::make_unique<Backlog>();
  backlog_->bytes += bytes;
  WaitWritable();
  return true;
}

bool Socket::WriteLater(SendBatch& batch, std::string_view bytes) {
  if (!is_open() || tls_ != nullptr || backlog_size() != 0 || in_batch_) return false;
  if (!batch.Add(this, descriptor(), bytes)) return false;
  in_batch_ = true;
  sent_ += bytes.size();
  return true;
}

// `result`: bytes sent, or an error number below zero, for nothing sent.
void Socket::OnBatchSent(std::string_view bytes, int result) {
  in_batch_ = false;
  std::string_view rest = bytes.substr(result > 0 ? static_cast<std::size_t>(result) : 0);
  if (rest.empty()) return;
  sent_ -= rest.size();
  bool broken = result == SendBatch::kUnknown;
  if (broken) {  // the reading side is to find out
    ::shutdown(descriptor(), SHUT_RDWR);
  } else if (result < 0 && result != -EAGAIN) {
    broken = !Push(&rest);  // it may be no fault of the connection
    if (!broken && rest.empty()) return;
  }
  if (!broken) {
    backlog_ = std::make_unique<Backlog>();
    backlog_->bytes = rest;
    WaitWritable();
  }
  owner_->OnBatchCutShort(broken);
}

void Socket::WaitWritable() {
  if (!is_open()) return;
  if (write_wants_read_) {
    WaitReadable();  // which comes back to OnWritable()
    return;
  }
  if (waiting_write_) return;
  waiting_write_ = true;
  Watch();
}

void Socket::OnWritable() {
  if (ending_) {
    ShutdownSend();
    return;
  }
  if (backlog_ != nullptr) {
    std::string_view rest = std::string_view(backlog_->bytes).substr(backlog_->sent);
    // If it is broken the reading side finds out and tells the owner.
    const bool whole = Push(&rest);
    backlog_->sent = backlog_->bytes.size() - rest.size();
    if (whole && !rest.empty()) {
      WaitWritable();
      return;
    }
    backlog_.reset();
  }
  owner_->OnDrained();
}

void Socket::ShutdownSend() {
  ending_ = tls_ != nullptr && tls_->EndSending() == tls::IoStatus::kWantWrite;
  if (ending_) {
    WaitWritable();
    return;
  }
  ::shutdown(descriptor(), SHUT_WR);
}

void Socket::Close() {
  PENSTOCK_DCHECK(!in_batch_);
  // A peer that still listens is to know that nothing was cut off.
  const bool says_so = tls_ != nullptr && is_open() && backlog_size() == 0;
  if (says_so) static_cast<void>(tls_->EndSending());
  tls_.reset();
  LeaveReadySet();
  descriptor_ = {};
  backlog_.reset();
}

std::string Socket::TakeBacklog() {
  const std::unique_ptr<Backlog> backlog = std::move(backlog_);
  return backlog == nullptr ? std::string() : std::move(backlog->bytes).substr(backlog->sent);
}

Descriptor Socket::Release() {
  PENSTOCK_DCHECK(backlog_size() == 0 && tls_ == nullptr);
  LeaveReadySet();
  return std::move(descriptor_);
}

void Socket::WatchPeer(std::chrono::milliseconds patience) {
  const int on = 1;
  // Ends a peer that is there and takes nothing: so it gets more time. With it set, the kernel does
  // not count the questions without an answer any more.
  constexpr int kBusyFactor = 4;
  const auto millis = static_cast<unsigned>(patience.count() * kBusyFactor);
  const int quarter = std::max(1, static_cast<int>(patience.count() / 4000));  // seconds
  ::setsockopt(descriptor(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_KEEPIDLE, &quarter, sizeof quarter);
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_KEEPINTVL, &quarter, sizeof quarter);
  ::setsockopt(descriptor(), IPPROTO_TCP, TCP_USER_TIMEOUT, &millis, sizeof millis);
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
  Endpoint endpoint;
  socklen_t size = static_cast<socklen_t>(endpoint.capacity());
  if (::getpeername(descriptor(), endpoint.data(), &size) != 0) return {};
  endpoint.resize(size);
  return endpoint;
}

std::string AddressText(const Endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace penstock::tcp
