// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tls_context.h"

#include <openssl/err.h>

#include <memory>

#include "tls.h"

namespace penstock::adapter {
namespace {

Error FileFault(const char* option, const std::string& file, const std::string& why) {
  return Error(std::string(option) + " \"" + file + "\": " + why);
}

// For OpenSSL, which would ask the terminal otherwise.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Status LoadAuthorities(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) {
    if (::SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return Error("the system's certificate authorities: " + TakeOpenSslError());
  }
  if (::SSL_CTX_load_verify_file(context, options.ca_file.c_str()) == 1) return {};
  return FileFault("ca_file", options.ca_file, TakeOpenSslError());
}

Status LoadOwnCertificate(SSL_CTX* context, const TlsOptions& options) {
  const std::string& certificate = options.certificate_file;
  if (certificate.empty()) {
    if (options.key_file.empty()) return {};
    return Error("key_file is set, but no certificate_file");
  }
  bool encrypted = false;
  ::SSL_CTX_set_default_passwd_cb(context, RefusePassphrase);
  ::SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return FileFault("certificate_file", certificate, TakeOpenSslError());
  }
  const std::string& key = options.key_file.empty() ? certificate : options.key_file;
  const bool used = ::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                    ::SSL_CTX_check_private_key(context) == 1;
  ::SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (used) return {};
  const std::string why = TakeOpenSslError();
  return FileFault("key_file", key,
                   encrypted ? "the key is encrypted, and nobody is there to ask" : why);
}

// As the client: whose certificate a server must have.
Status ConfigureDialling(SSL_CTX* context, const TlsOptions& options) {
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return LoadAuthorities(context, options);
}

// As the server: what a certificate of the client must be, if one is wanted.
Status ConfigureListening(SSL_CTX* context, const TlsOptions& options) {
  if (options.certificate_file.empty()) return Error("who listens needs certificate_file");
  // A connection lasts for days; resuming one saves nothing.
  ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  ::SSL_CTX_set_num_tickets(context, 0);
  if (!options.require_client_certificate) return {};
  if (options.ca_file.empty()) return Error("require_client_certificate needs ca_file");
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::SSL_CTX_set_client_CA_list(context, ::SSL_load_client_CA_file(options.ca_file.c_str()));
  return LoadAuthorities(context, options);
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> LoadTls(const TlsOptions& options, Endpoint::Role role) {
  ::ERR_clear_error();
  const bool dials = role == Endpoint::Role::kDial;
  Owned<SSL_CTX> context(::SSL_CTX_new(dials ? ::TLS_client_method() : ::TLS_server_method()));
  if (context == nullptr) return Error("no TLS: " + TakeOpenSslError());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // The protocol says what is a whole line, so a connection that just ends hides nothing.
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_IGNORE_UNEXPECTED_EOF);
  // One record at a time, so that the lock is held for moments.
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  Status status = LoadOwnCertificate(context.get(), options);
  if (status) {
    status = dials ? ConfigureDialling(context.get(), options)
                   : ConfigureListening(context.get(), options);
  }
  if (!status) return status.error();
  return std::make_shared<const TlsContext>(std::move(context), role, options);
}

}  // namespace penstock::adapter
