// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tls_stream.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace penstock::adapter {
namespace {

// TLS has messages of its own, for which a read may have to write and a write to read. What they
// wait for the other thread may have used up, so nobody waits for it long.
constexpr int kOddWaitMillis = 10;

void WaitABit(int fd, short events) {
  pollfd wait = {fd, events, 0};
  (void)::poll(&wait, 1, kOddWaitMillis);
}

}  // namespace

TlsStream::TlsStream(UniqueFd fd, std::shared_ptr<const TlsContext> context, Owned<SSL> ssl)
    : Stream(std::move(fd)), context_(std::move(context)), ssl_(std::move(ssl)) {}

Stream::ReadResult TlsStream::Read(std::span<char> buffer) {
  std::unique_lock lock(mutex_);
  ::ERR_clear_error();
  size_t size = 0;
  errno = 0;
  const int done = ::SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
  const int system_error = errno;
  if (done == 1) return {ReadStatus::kGot, size};
  switch (::SSL_get_error(ssl_.get(), done)) {
    case SSL_ERROR_WANT_READ:
      return {ReadStatus::kNothingYet};
    case SSL_ERROR_WANT_WRITE:
      lock.unlock();
      WaitABit(fd(), POLLOUT);
      return {ReadStatus::kNothingYet};
    case SSL_ERROR_ZERO_RETURN:
      return {ReadStatus::kEnd};
    case SSL_ERROR_SYSCALL:
      why_ = std::system_category().message(system_error);
      return {ReadStatus::kFailed};
    default:
      why_ = "TLS: " + TakeOpenSslError();
      return {ReadStatus::kFailed};
  }
}

bool TlsStream::HasPending() {
  const std::lock_guard lock(mutex_);
  return ::SSL_pending(ssl_.get()) > 0;
}

size_t TlsStream::Write(std::string_view bytes) {
  while (true) {
    std::unique_lock lock(mutex_);
    ::ERR_clear_error();
    size_t size = 0;
    errno = 0;
    const int done = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    const int system_error = errno;
    if (done == 1) return size;
    const int error = ::SSL_get_error(ssl_.get(), done);
    if (error == SSL_ERROR_SYSCALL) {
      why_unsent_ = std::system_category().message(system_error);
    } else if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      why_unsent_ = "TLS: " + TakeOpenSslError();
    }
    ::ERR_clear_error();
    lock.unlock();
    if (error == SSL_ERROR_WANT_WRITE) {
      pollfd wait = {fd(), POLLOUT, 0};
      (void)::poll(&wait, 1, -1);
    } else if (error == SSL_ERROR_WANT_READ) {
      WaitABit(fd(), POLLIN);
    } else {
      return 0;
    }
  }
}

void TlsStream::EndSending() {
  {
    const std::lock_guard lock(mutex_);
    // A peer that takes nothing is not told.
    (void)::SSL_shutdown(ssl_.get());
    ::ERR_clear_error();
  }
  ::shutdown(fd(), SHUT_WR);
}

}  // namespace penstock::adapter
