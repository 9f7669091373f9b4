// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "openssl.h"
#include "stream.h"
#include "tls_context.h"

namespace penstock::adapter {

// A TLS connection over a non-blocking socket. OpenSSL wants one thread at a time, so reader and
// writer take turns with a lock, held for one call of OpenSSL that waits for nothing; they wait for
// the network without it.
class TlsStream : public Stream {
 public:
  // Hands have been shaken.
  TlsStream(UniqueFd fd, std::shared_ptr<const TlsContext> context, Owned<SSL> ssl);

  ReadResult Read(std::span<char> buffer) override;
  bool HasPending() override;
  std::string why() const override { return why_; }
  size_t Write(std::string_view bytes) override;
  std::string why_unsent() const override { return why_unsent_; }

 private:
  void EndSending() override;

  const std::shared_ptr<const TlsContext> context_;
  std::mutex mutex_;
  const Owned<SSL> ssl_;    // guarded by mutex_
  std::string why_;         // the reader's
  std::string why_unsent_;  // the writer's
};

}  // namespace penstock::adapter
