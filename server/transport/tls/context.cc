// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/context.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <iterator>

namespace penstock::tls {

namespace {

constexpr unsigned char kProtocols[] = "\x08http/1.1";

// An error of OpenSSL that no configuration explains.
Status Failure(const std::string& what) { return Internal(what + ": " + TakeReason()); }

}  // namespace

Context::Context(const SSL_METHOD* method, std::vector<Certificate> certificates)
    : context_(::SSL_CTX_new(method)), certificates_(std::move(certificates)) {
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    for (const std::string& name : certificates_[i].names()) names_.Add(name, i);
  }
}

StatusOr<std::shared_ptr<const Context>> Context::Create(const ContextOptions& options,
                                                         std::vector<Certificate> certificates,
                                                         std::optional<Authorities> authorities) {
  ::ERR_clear_error();
  const std::shared_ptr<Context> made(new Context(::TLS_server_method(), std::move(certificates)));
  if (made->context_ == nullptr) return Failure("cannot make a TLS context");
  made->authorities_ = std::move(authorities);
  made->tickets_ = options.tickets;
  PENSTOCK_RETURN_IF_ERROR(made->Configure(options));
  return std::shared_ptr<const Context>(made);
}

Status Context::ConfigureProtocol(const ProtocolOptions& options) {
  SSL_CTX* const context = context_.get();
  const auto number = [](Version version) {
    return version == Version::k13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  };
  ::SSL_CTX_set_min_proto_version(context, number(options.min_version));
  ::SSL_CTX_set_max_proto_version(context, number(options.max_version));
  // A peer may go on with another renegotiation for ever; nobody needs one.
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // No buffer while idle; a record at a time; what is retried may lie elsewhere by then; no chain
  // made up of the authorities of clients.
  ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  ::SSL_CTX_set_read_ahead(context, 0);
  if (::SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1 ||
      ::SSL_CTX_set_ciphersuites(context, options.cipher_suites.c_str()) != 1) {
    return Failure("cannot use these ciphers");
  }
  return OkStatus();
}

Status Context::Configure(const ContextOptions& options) {
  PENSTOCK_RETURN_IF_ERROR(ConfigureProtocol(options));
  SSL_CTX* const context = context_.get();
  if (options.prefer_own_ciphers) {
    ::SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  }
  const Certificate& first = certificates_.front();
  if (::SSL_CTX_use_cert_and_key(context, first.leaf(), first.key(), first.chain(), 1) != 1) {
    return Failure("cannot use this certificate");
  }
  ::SSL_CTX_set_tlsext_servername_callback(context, OnServerName);
  ::SSL_CTX_set_tlsext_servername_arg(context, this);
  if (options.http) ::SSL_CTX_set_alpn_select_cb(context, OnProtocols, this);
  AskForCertificates(options.client_certificates);
  if (!SetSessionId(options)) return Failure("cannot name the sessions");
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (tickets_ == nullptr) {
    ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    ::SSL_CTX_set_num_tickets(context, 0);
    return OkStatus();
  }
  ::SSL_CTX_set_timeout(
      context, std::chrono::duration_cast<std::chrono::seconds>(tickets_->period()).count());
  SSL_CTX_set_app_data(context, this);
  ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context, OnTicket);
  return OkStatus();
}

void Context::AskForCertificates(ClientCertificates which) {
  if (which == ClientCertificates::kNone) return;
  asks_for_certificates_ = true;
  const bool required = which == ClientCertificates::kRequired;
  ::SSL_CTX_set_verify(context_.get(),
                       SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  ::SSL_CTX_set1_verify_cert_store(context_.get(), authorities_->store());
  ::SSL_CTX_set_client_CA_list(context_.get(), authorities_->Names().release());
}

// A ticket vouches for the client's certificate, so it must not outlive whom we believe: it is good
// on this listener, with these authorities, only.
bool Context::SetSessionId(const ContextOptions& options) {
  std::string whole = options.listener;
  whole += '\0';
  whole += std::to_string(static_cast<int>(options.client_certificates));
  if (authorities_) whole += authorities_->fingerprint();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (::EVP_Digest(whole.data(), whole.size(), digest, &size, ::EVP_sha256(), nullptr) != 1) {
    return false;
  }
  return ::SSL_CTX_set_session_id_context(context_.get(), digest, size) == 1;
}

int Context::OnServerName(SSL* ssl, int* /*alert*/, void* self) {
  const char* const host = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto& context = *static_cast<const Context*>(self);
  const auto found = context.names_.Find(host);
  if (!found) return SSL_TLSEXT_ERR_NOACK;  // the default is better than no answer
  if (*found == 0) return SSL_TLSEXT_ERR_OK;
  const Certificate& chosen = context.certificates_[*found];
  // The default may be of another kind of key, and would stay beside the chosen one.
  ::SSL_certs_clear(ssl);
  if (::SSL_use_cert_and_key(ssl, chosen.leaf(), chosen.key(), chosen.chain(), 1) != 1) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  return SSL_TLSEXT_ERR_OK;
}

int Context::OnProtocols(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                         const unsigned char* offered, unsigned int offered_size, void* /*self*/) {
  unsigned char* found = nullptr;
  if (::SSL_select_next_proto(&found, chosen_size, kProtocols, std::size(kProtocols) - 1, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

int Context::OnTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int seal) {
  const auto* const self =
      static_cast<const Context*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(ssl)));
  return seal == 1 ? self->tickets_->Seal(name, iv, cipher, mac)
                   : self->tickets_->Open(name, iv, cipher, mac);
}

}  // namespace penstock::tls
