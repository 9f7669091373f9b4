// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/stream.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>

namespace penstock::tls {

namespace {

bool IsReason(unsigned long error, int reason) {
  return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == reason;
}

}  // namespace

std::unique_ptr<Stream> Stream::Make(std::shared_ptr<const Context> context, int descriptor) {
  ::ERR_clear_error();
  Owned<SSL> ssl(::SSL_new(context->get()));
  if (ssl == nullptr || ::SSL_set_fd(ssl.get(), descriptor) != 1) {
    ::ERR_clear_error();
    return nullptr;
  }
  return std::unique_ptr<Stream>(new Stream(std::move(context), std::move(ssl)));
}

std::unique_ptr<Stream> Stream::Create(std::shared_ptr<const Context> context, int descriptor) {
  std::unique_ptr<Stream> stream = Make(std::move(context), descriptor);
  if (stream != nullptr) ::SSL_set_accept_state(stream->ssl_.get());
  return stream;
}

std::unique_ptr<Stream> Stream::Connect(std::shared_ptr<const Context> context, int descriptor,
                                        const PeerName& peer) {
  std::unique_ptr<Stream> stream = Make(std::move(context), descriptor);
  if (stream == nullptr) return nullptr;
  SSL* const ssl = stream->ssl_.get();
  ::SSL_set_connect_state(ssl);
  const Owned<ASN1_OCTET_STRING> address(::a2i_IPADDRESS(peer.host.c_str()));
  bool good = true;
  if (address == nullptr) {
    // A dot at the end is for the name service alone.
    const std::string name = peer.host.substr(0, peer.host.find_last_not_of('.') + 1);
    good = ::SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
    ::SSL_set_hostflags(ssl,
                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (peer.check) good = good && ::SSL_set1_host(ssl, name.c_str()) == 1;
  } else if (peer.check) {
    good = ::X509_VERIFY_PARAM_set1_ip(::SSL_get0_param(ssl), address->data,
                                       static_cast<std::size_t>(address->length)) == 1;
  }
  ::ERR_clear_error();
  return good ? std::move(stream) : nullptr;
}

Stream::Stream(std::shared_ptr<const Context> context, Owned<SSL> ssl)
    : context_(std::move(context)), ssl_(std::move(ssl)) {}

IoResult Stream::Read(std::span<char> buffer) {
  if (failure_ != Failure::kNone) return {IoStatus::kFailed};
  // The queue is the thread's: what others left there would be taken for ours.
  ::ERR_clear_error();
  std::size_t got = 0;
  const int result = ::SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got);
  return {Understand(result), got};
}

IoResult Stream::Write(std::string_view bytes) {
  if (failure_ != Failure::kNone) return {IoStatus::kFailed};
  ::ERR_clear_error();
  std::size_t sent = 0;
  const int result = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  return {Understand(result), sent};
}

IoStatus Stream::EndSending() {
  if (failure_ != Failure::kNone || !established_ || ended_) return IoStatus::kDone;
  ::ERR_clear_error();
  const int result = ::SSL_shutdown(ssl_.get());
  if (result < 0 && Understand(result) == IoStatus::kWantWrite) return IoStatus::kWantWrite;
  ended_ = true;  // whether the peer has said so too is no matter
  return IoStatus::kDone;
}

IoStatus Stream::Understand(int result) {
  established_ = established_ || ::SSL_is_init_finished(ssl_.get()) == 1;
  if (result > 0) return IoStatus::kDone;
  const int system_error = errno;
  switch (::SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return IoStatus::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return IoStatus::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return IoStatus::kEnd;
    case SSL_ERROR_SYSCALL:
      error_ = ERR_PACK(ERR_LIB_SYS, 0, system_error);
      failure_ = Failure::kCut;
      break;
    default:
      error_ = ::ERR_peek_error();
      if (IsReason(error_, SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
        failure_ = Failure::kCut;
      } else if (IsReason(error_, SSL_R_HTTP_REQUEST) ||
                 IsReason(error_, SSL_R_HTTPS_PROXY_REQUEST)) {
        failure_ = Failure::kPlainHttp;
      } else {
        failure_ = Failure::kProtocol;
      }
  }
  ::ERR_clear_error();
  if (failure_ == Failure::kCut && ::BIO_number_read(::SSL_get_rbio(ssl_.get())) == 0) {
    failure_ = Failure::kNothing;
  }
  return IoStatus::kFailed;
}

std::optional<std::string> Stream::PeerSubject() const {
  X509* const certificate = ::SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || ::SSL_get_verify_result(ssl_.get()) != X509_V_OK) {
    return std::nullopt;
  }
  const Owned<BIO> text(::BIO_new(::BIO_s_mem()));
  // UTF-8 as it is: the text goes on to people and adapters, not to a terminal.
  if (text == nullptr || ::X509_NAME_print_ex(text.get(), ::X509_get_subject_name(certificate), 0,
                                              XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    ::ERR_clear_error();
    return std::nullopt;
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string Stream::why() const {
  if (IsReason(error_, SSL_R_CERTIFICATE_VERIFY_FAILED)) {
    const char* const whose = ::SSL_is_server(ssl_.get()) == 1 ? "client" : "server";
    return "the " + std::string(whose) + "'s certificate is not accepted: " +
           ::X509_verify_cert_error_string(::SSL_get_verify_result(ssl_.get()));
  }
  return ReasonText(error_);
}

}  // namespace penstock::tls
