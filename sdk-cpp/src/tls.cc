// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tls.h"

#include <utility>

namespace penstock::adapter {

Result<std::unique_ptr<Stream>> StartTls(std::shared_ptr<const TlsContext> context, UniqueFd fd,
                                         const std::string& host, const Patience& patience) {
  const auto handshake = BeginTls(std::move(context), std::move(fd), host);
  if (!handshake) return handshake.error();
  TlsHandshake& hands = **handshake;
  while (true) {
    auto stream = hands.Step();
    if (!stream || *stream != nullptr) return stream;
    if (const Status waited = patience.WaitFor(hands.fd(), hands.events()); !waited) {
      return Error("TLS handshake: " + waited.error().message());
    }
  }
}

}  // namespace penstock::adapter
