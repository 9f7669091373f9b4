// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <mutex>
#include <string>

#include "transport/tls/context.h"

namespace penstock::adapters {

// The TLS of a port over gRPC: each handshake has the certificate and the authorities of the latest
// context; connections that are there keep theirs. Which versions and ciphers is gRPC's choice.
//
// Owned by a GrpcListener, and by gRPC while it listens. Thread-safe.
class GrpcTlsCredentials final : public grpc::ServerCredentials {
 public:
  // Whether certificates are asked for is that of the first context for ever.
  explicit GrpcTlsCredentials(std::shared_ptr<const tls::Context> context);
  ~GrpcTlsCredentials() override;

  void SetContext(std::shared_ptr<const tls::Context> context);

 private:
  // grpc::ServerCredentials
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override;
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  // Called by gRPC before a handshake, on a thread of its own.
  static grpc_ssl_certificate_config_reload_status OnHandshake(
      void* self, grpc_ssl_server_certificate_config** config);

  grpc_server_credentials* credentials_ = nullptr;
  std::mutex mutex_;
  std::shared_ptr<const tls::Context> news_;  // not given to gRPC yet; guarded by `mutex_`
};

}  // namespace penstock::adapters
