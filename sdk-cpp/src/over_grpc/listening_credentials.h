// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <mutex>
#include <string>

#include "log.h"
#include "penstock/adapter/tls_options.h"

namespace penstock::adapter {

// The TLS of a port where servers dial: the files of the options are read again for each handshake,
// and those that are no good leave what was there, and are told of once. Which versions and ciphers
// is gRPC's choice. Owner: who made the server, and outlives it. Thread: any.
class ListeningCredentials final : public grpc::ServerCredentials {
 public:
  // `log` must outlive the credentials.
  ListeningCredentials(TlsOptions options, const Log& log);
  ~ListeningCredentials() override;

 private:
  // grpc::ServerCredentials
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override;
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  // Called by gRPC before a handshake, on a thread of its own.
  static grpc_ssl_certificate_config_reload_status OnHandshake(
      void* self, grpc_ssl_server_certificate_config** config);
  // `*news`: what there is to log, by who holds no lock; of the level `*level`.
  grpc_ssl_certificate_config_reload_status Reload(grpc_ssl_server_certificate_config** config,
                                                   LogLevel* level, std::string* news);

  const TlsOptions options_;
  const Log& log_;
  grpc_server_credentials* credentials_ = nullptr;
  std::mutex mutex_;
  // Guarded by the lock.
  std::string given_;  // to gRPC, all texts
  std::string
      complaint_;  // why the files of the last handshake were no good; empty: they were good
};

}  // namespace penstock::adapter
