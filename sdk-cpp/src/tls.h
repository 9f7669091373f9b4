// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "endpoint.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/tls_options.h"
#include "socket.h"
#include "stream.h"

// The door to TLS. Behind it is OpenSSL, or, in a library built without it, nobody.
namespace penstock::adapter {

class TlsContext;

// Reads what `options` name. The error says which file or option is no good.
Result<std::shared_ptr<const TlsContext>> LoadTls(const TlsOptions& options, Endpoint::Role role);

// Hands that are being shaken on a connected, non-blocking socket.
// Owner and thread: who began it.
class TlsHandshake {
 public:
  virtual ~TlsHandshake() = default;

  // Goes as far as it can without waiting. Null: there is more to do when fd() is ready for
  // events().
  virtual Result<std::unique_ptr<Stream>> Step() = 0;
  virtual int fd() const = 0;
  virtual short events() const = 0;
};

// As the client with the server at `host`, or as the server, to whom `host` does not matter.
Result<std::unique_ptr<TlsHandshake>> BeginTls(std::shared_ptr<const TlsContext> context,
                                               UniqueFd fd, const std::string& host);

// The same to its end.
Result<std::unique_ptr<Stream>> StartTls(std::shared_ptr<const TlsContext> context, UniqueFd fd,
                                         const std::string& host, const Patience& patience);

}  // namespace penstock::adapter
