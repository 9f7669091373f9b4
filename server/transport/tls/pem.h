// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "transport/tls/context.h"

namespace penstock::tls {

// What a context shows and whom it believes, for a library that speaks TLS itself.
struct PemTexts {
  std::string key;          // these two may be empty in a context of a client
  std::string certificate;  // with its chain
  std::string authorities;  // empty: it asks for no certificates, or believes whom the system does
};

// Fails where OpenSSL has no memory.
StatusOr<PemTexts> ToPem(const Context& context);

}  // namespace penstock::tls
