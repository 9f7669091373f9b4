// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <utility>

#include "endpoint.h"
#include "openssl.h"
#include "penstock/adapter/tls_options.h"

namespace penstock::adapter {

// What the handshakes of one endpoint need: whom to trust, what to show, whom to expect.
// Owner: shared by the connections made with it. Thread: any; does not change.
class TlsContext {
 public:
  TlsContext(Owned<SSL_CTX> context, Endpoint::Role role, const TlsOptions& options)
      : context_(std::move(context)),
        role_(role),
        check_host_name_(options.check_host_name),
        server_name_(options.server_name) {}

  SSL_CTX* get() const { return context_.get(); }
  Endpoint::Role role() const { return role_; }
  bool check_host_name() const { return check_host_name_; }
  // Whom the certificate of a server dialled at `host` must be for.
  const std::string& ExpectedName(const std::string& host) const {
    return server_name_.empty() ? host : server_name_;
  }

 private:
  const Owned<SSL_CTX> context_;
  const Endpoint::Role role_;
  const bool check_host_name_;
  const std::string server_name_;
};

}  // namespace penstock::adapter
