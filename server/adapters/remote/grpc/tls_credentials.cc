// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/tls_credentials.h"

#include <grpc/grpc.h>

#include <utility>

#include "base/log.h"
#include "transport/tls/pem.h"

namespace penstock::adapters {

GrpcTlsCredentials::GrpcTlsCredentials(std::shared_ptr<const tls::Context> context) {
  const auto request = context->asks_for_certificates()
                           ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                           : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  news_ = std::move(context);
  credentials_ = ::grpc_ssl_server_credentials_create_with_options(
      ::grpc_ssl_server_credentials_create_options_using_config_fetcher(request, OnHandshake,
                                                                        this));
}

GrpcTlsCredentials::~GrpcTlsCredentials() { ::grpc_server_credentials_release(credentials_); }

void GrpcTlsCredentials::SetContext(std::shared_ptr<const tls::Context> context) {
  const std::lock_guard lock(mutex_);
  news_ = std::move(context);
}

// Whoever calls is judged by what it says first, not here.
void GrpcTlsCredentials::SetAuthMetadataProcessor(
    const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) {}

int GrpcTlsCredentials::AddPortToServer(const std::string& address, grpc_server* server) {
  return ::grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

grpc_ssl_certificate_config_reload_status GrpcTlsCredentials::OnHandshake(
    void* self, grpc_ssl_server_certificate_config** config) {
  auto& credentials = *static_cast<GrpcTlsCredentials*>(self);
  std::shared_ptr<const tls::Context> news;
  {
    const std::lock_guard lock(credentials.mutex_);
    news = std::exchange(credentials.news_, nullptr);
  }
  if (news == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const StatusOr<tls::PemTexts> pem = tls::ToPem(*news);
  if (!pem.ok()) {
    PENSTOCK_LOG(kAdapter, kError, "a certificate cannot be given to gRPC",
                 {"reason", Message(pem.status())});
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
  }
  const grpc_ssl_pem_key_cert_pair pair{pem->key.c_str(), pem->certificate.c_str()};
  // gRPC wants authorities even where nobody is asked for a certificate.
  const std::string& roots = pem->authorities.empty() ? pem->certificate : pem->authorities;
  *config = ::grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace penstock::adapters
