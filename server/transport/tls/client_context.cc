// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The context of connections that are dialed.

#include <openssl/err.h>

#include "transport/tls/context.h"

namespace penstock::tls {

StatusOr<std::shared_ptr<const Context>> Context::CreateForClient(
    const ProtocolOptions& options, std::optional<Certificate> own,
    std::optional<Authorities> authorities) {
  ::ERR_clear_error();
  std::vector<Certificate> certificates;
  if (own) certificates.push_back(std::move(*own));
  const std::shared_ptr<Context> made(new Context(::TLS_client_method(), std::move(certificates)));
  SSL_CTX* const context = made->context_.get();
  if (context == nullptr) return Internal("cannot make a TLS context: " + TakeReason());
  made->authorities_ = std::move(authorities);
  PENSTOCK_RETURN_IF_ERROR(made->ConfigureProtocol(options));
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (made->authorities_) {
    ::SSL_CTX_set1_verify_cert_store(context, made->authorities_->store());
  } else if (::SSL_CTX_set_default_verify_paths(context) != 1) {
    return Internal("cannot read the certificates that the system trusts: " + TakeReason());
  }
  if (!made->certificates_.empty()) {
    const Certificate& shown = made->certificates_.front();
    if (::SSL_CTX_use_cert_and_key(context, shown.leaf(), shown.key(), shown.chain(), 1) != 1) {
      return Internal("cannot use this certificate: " + TakeReason());
    }
  }
  return std::shared_ptr<const Context>(made);
}

}  // namespace penstock::tls
