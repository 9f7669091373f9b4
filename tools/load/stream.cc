// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace penstock::load {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;

// One thread, one buffer.
std::array<char, kReadSize>& ReadBuffer() {
  static std::array<char, kReadSize> buffer;
  return buffer;
}

std::string TextOf(int error) { return std::system_category().message(error); }

std::string TlsError() {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  if (code == 0) return "the TLS handshake broke off";
  const char* const reason = ::ERR_reason_error_string(code);
  return std::string("TLS: ") + (reason == nullptr ? "unknown error" : reason);
}

}  // namespace

bool Resolve(const std::string& host, std::uint16_t port, Address* out, std::string* error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (result != 0) {
    *error = host + ": " + ::gai_strerror(result);
    return false;
  }
  std::memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
  out->size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return true;
}

bool MakeTlsClient(const std::string& ca, bool insecure, const std::string& host, TlsClient* out,
                   std::string* error) {
  out->host = host;
  out->context.reset(::SSL_CTX_new(::TLS_client_method()), &::SSL_CTX_free);
  SSL_CTX* const context = out->context.get();
  const bool trusts = ca.empty()
                          ? ::SSL_CTX_set_default_verify_paths(context) == 1
                          : ::SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr) == 1;
  if (!trusts) {
    *error = "--ca: " + ca + " holds no certificate that can be read";
    return false;
  }
  ::SSL_CTX_set_verify(context, insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  return true;
}

void Stream::Open(const Address& address, const TlsClient& tls) {
  out_.clear();
  reading_ = true;
  tls_wants_write_ = false;
  watched_ = EPOLLOUT;
  state_ = State::kConnecting;
  descriptor_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) {
    Fail("no socket: " + TextOf(errno));
    return;
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer_ > 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_, sizeof receive_buffer_);
  }
  const int result =
      ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
  if (result != 0 && errno != EINPROGRESS) {
    Fail("cannot connect: " + TextOf(errno));
    return;
  }
  if (tls.context != nullptr) {
    ssl_.reset(::SSL_new(tls.context.get()));
    ::SSL_set_fd(ssl_.get(), descriptor_);
    ::SSL_set_connect_state(ssl_.get());
    if (::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), tls.host.c_str()) != 1) {
      ::SSL_set_tlsext_host_name(ssl_.get(), tls.host.c_str());
      ::SSL_set1_host(ssl_.get(), tls.host.c_str());
    }
  }
  poller_.Add(descriptor_, watched_, this);
}

void Stream::Close() {
  state_ = State::kClosed;
  ssl_.reset();
  if (descriptor_ < 0) return;
  poller_.Remove(descriptor_);
  ::close(descriptor_);
  descriptor_ = -1;
}

void Stream::Fail(std::string_view why) {
  Close();
  owner_->OnClosed(why);
}

void Stream::StopReading() {
  reading_ = false;
  Watch();
}

void Stream::Watch() {
  if (state_ == State::kClosed || state_ == State::kConnecting) return;
  std::uint32_t wanted = reading_ ? std::uint32_t{EPOLLIN} : 0;
  if (!out_.empty() || tls_wants_write_) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  watched_ = wanted;
  poller_.Change(descriptor_, wanted, this);
}

void Stream::OnEvents(std::uint32_t events) {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      Fail("cannot connect: " + TextOf(error));
      return;
    }
    state_ = ssl_ == nullptr ? State::kOpen : State::kHandshake;
    if (ssl_ == nullptr) owner_->OnOpen();
  }
  if (state_ == State::kHandshake) Shake();
  if (state_ == State::kOpen && (events & EPOLLOUT) != 0) WriteAll();
  if (state_ == State::kOpen && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) ReadAll();
  Watch();
}

void Stream::Shake() {
  const Io io = FromTls(::SSL_do_handshake(ssl_.get()));
  if (io == Io::kEnd) {
    const long verdict = ::SSL_get_verify_result(ssl_.get());
    Fail(verdict == X509_V_OK ? TlsError() : ::X509_verify_cert_error_string(verdict));
  } else if (io == Io::kDone) {
    state_ = State::kOpen;
    owner_->OnOpen();
  }
}

Stream::Io Stream::FromTls(int result) {
  if (result > 0) return Io::kDone;
  const int error = ::SSL_get_error(ssl_.get(), result);
  tls_wants_write_ = error == SSL_ERROR_WANT_WRITE;
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Io::kLater : Io::kEnd;
}

Stream::Io Stream::Read(char* to, std::size_t most, std::size_t* got) {
  if (ssl_ != nullptr) return FromTls(::SSL_read_ex(ssl_.get(), to, most, got));
  const ssize_t n = ::recv(descriptor_, to, most, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Io::kLater;
  if (n <= 0) return Io::kEnd;
  *got = static_cast<std::size_t>(n);
  return Io::kDone;
}

Stream::Io Stream::Write(std::string_view bytes, std::size_t* sent) {
  if (ssl_ != nullptr) {
    return FromTls(::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), sent));
  }
  const ssize_t n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return Io::kLater;
  if (n < 0) return Io::kEnd;
  *sent = static_cast<std::size_t>(n);
  return Io::kDone;
}

// One read in clear: a busy stream must not keep the others waiting. What TLS has decrypted must
// be taken, no event would tell of it.
void Stream::ReadAll() {
  do {
    std::array<char, kReadSize>& buffer = ReadBuffer();
    std::size_t got = 0;
    const Io io = Read(buffer.data(), buffer.size(), &got);
    if (io == Io::kLater) return;
    if (io == Io::kEnd) {
      Fail("the server closed the connection");
      return;
    }
    owner_->OnBytes(std::string_view(buffer.data(), got));
  } while (state_ == State::kOpen && reading_ && ssl_ != nullptr && ::SSL_pending(ssl_.get()) > 0);
}

void Stream::Send(std::string_view bytes) {
  if (state_ != State::kOpen) return;
  const bool waits = !out_.empty();
  out_.append(bytes);
  if (!waits) WriteAll();
  Watch();
}

void Stream::WriteAll() {
  std::size_t done = 0;
  while (done < out_.size()) {
    std::size_t sent = 0;
    const Io io = Write(std::string_view(out_).substr(done), &sent);
    if (io == Io::kLater) break;
    if (io == Io::kEnd) {
      Fail("the connection broke");
      return;
    }
    done += sent;
  }
  out_.erase(0, done);
}

}  // namespace penstock::load
