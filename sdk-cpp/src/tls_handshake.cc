// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <memory>
#include <string>
#include <utility>

#include "openssl.h"
#include "tls.h"
#include "tls_context.h"
#include "tls_stream.h"

namespace penstock::adapter {
namespace {

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

class OpenSslHandshake : public TlsHandshake {
 public:
  OpenSslHandshake(std::shared_ptr<const TlsContext> context, UniqueFd fd, Owned<SSL> ssl,
                   std::string name)
      : context_(std::move(context)),
        fd_(std::move(fd)),
        ssl_(std::move(ssl)),
        name_(std::move(name)) {}

  Result<std::unique_ptr<Stream>> Step() override {
    ::ERR_clear_error();
    const bool dials = context_->role() == Endpoint::Role::kDial;
    const int done = dials ? ::SSL_connect(ssl_.get()) : ::SSL_accept(ssl_.get());
    if (done == 1) {
      return std::unique_ptr<Stream>(
          std::make_unique<TlsStream>(std::move(fd_), context_, std::move(ssl_)));
    }
    const int error = ::SSL_get_error(ssl_.get(), done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return Error(HandshakeFault(ssl_.get(), *context_, name_, error));
    }
    events_ = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    return std::unique_ptr<Stream>();
  }
  int fd() const override { return fd_.get(); }
  short events() const override { return events_; }

 private:
  const std::shared_ptr<const TlsContext> context_;
  UniqueFd fd_;
  Owned<SSL> ssl_;
  const std::string name_;  // of the server
  short events_ = POLLIN;
};

}  // namespace

Result<std::unique_ptr<TlsHandshake>> BeginTls(std::shared_ptr<const TlsContext> context,
                                               UniqueFd fd, const std::string& host) {
  ::ERR_clear_error();
  const std::string& name = context->ExpectedName(host);
  Owned<SSL> ssl(::SSL_new(context->get()));
  BIO* const bio = ssl == nullptr ? nullptr : NewSocketBio(fd.get());
  if (bio == nullptr) return Error("TLS: " + TakeOpenSslError());
  ::SSL_set_bio(ssl.get(), bio, bio);
  if (context->role() == Endpoint::Role::kDial && !Expect(ssl.get(), *context, name)) {
    return Error("TLS: \"" + name + "\" is no name for a certificate: " + TakeOpenSslError());
  }
  return std::unique_ptr<TlsHandshake>(
      std::make_unique<OpenSslHandshake>(std::move(context), std::move(fd), std::move(ssl), name));
}

}  // namespace penstock::adapter
