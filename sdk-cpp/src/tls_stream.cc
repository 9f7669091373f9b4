// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "tls.h"

namespace penstock::adapter {
namespace {

// TLS has messages of its own, for which a read may have to write and a write to read. What they
// wait for the other thread may have used up, so nobody waits for it long.
constexpr int kOddWaitMillis = 10;

void WaitABit(int fd, short events) {
  pollfd wait = {fd, events, 0};
  (void)::poll(&wait, 1, kOddWaitMillis);
}

bool IsAddress(const std::string& host) {
  in6_addr unused;
  return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

// Names the server to its own front, and says whose certificate it must show.
bool Expect(SSL* ssl, const TlsContext& context, const std::string& name) {
  const bool is_address = IsAddress(name);
  if (!is_address && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
  if (!context.check_host_name()) return true;
  ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (is_address) {
    return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), name.c_str()) == 1;
  }
  return ::SSL_set1_host(ssl, name.c_str()) == 1;
}

std::string HandshakeFault(SSL* ssl, const TlsContext& context, const std::string& name,
                           int error) {
  const long verdict = ::SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) {
    ::ERR_clear_error();
    const bool dials = context.role() == Endpoint::Role::kDial;
    return (dials ? "TLS: the certificate of \"" + name + "\" is not accepted: "
                  : "TLS: the server's certificate is not accepted: ") +
           ::X509_verify_cert_error_string(verdict);
  }
  // An end in the middle leaves no error of its own.
  const bool ended = error == SSL_ERROR_ZERO_RETURN || ::ERR_peek_error() == 0;
  return "TLS: " + (ended ? "the connection ended in the handshake" : TakeOpenSslError());
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
    const int done = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    if (done == 1) return size;
    const int error = ::SSL_get_error(ssl_.get(), done);
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

Result<std::unique_ptr<Stream>> StartTls(std::shared_ptr<const TlsContext> context, UniqueFd fd,
                                         const std::string& host, const Patience& patience) {
  ::ERR_clear_error();
  const std::string& name = context->ExpectedName(host);
  const bool dials = context->role() == Endpoint::Role::kDial;
  Owned<SSL> ssl(::SSL_new(context->get()));
  BIO* const bio = ssl == nullptr ? nullptr : NewSocketBio(fd.get());
  if (bio == nullptr) return Error("TLS: " + TakeOpenSslError());
  ::SSL_set_bio(ssl.get(), bio, bio);
  if (dials && !Expect(ssl.get(), *context, name)) {
    return Error("TLS: \"" + name + "\" is no name for a certificate: " + TakeOpenSslError());
  }
  while (true) {
    const int done = dials ? ::SSL_connect(ssl.get()) : ::SSL_accept(ssl.get());
    if (done == 1) break;
    const int error = ::SSL_get_error(ssl.get(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return Error(HandshakeFault(ssl.get(), *context, name, error));
    }
    const short events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    if (const Status status = patience.WaitFor(fd.get(), events); !status) {
      return Error("TLS handshake: " + status.error().message());
    }
  }
  return std::unique_ptr<Stream>(
      std::make_unique<TlsStream>(std::move(fd), std::move(context), std::move(ssl)));
}

}  // namespace penstock::adapter
