// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "base/status.h"
#include "transport/tls/openssl.h"

namespace penstock::tls {

// A key store as Java's keytool and `openssl pkcs12` write it.
struct Pkcs12Store {
  std::string file;
  std::string password;
};

// What lies in a store.
struct Pkcs12Content {
  Owned<X509> leaf;  // the certificate of `key`; null if there is none
  Owned<EVP_PKEY> key;
  Owned<STACK_OF(X509)> others;  // never null
};

// Fails with a text that names the file: not there, another password, a store of Java's old kind,
// which OpenSSL cannot read.
StatusOr<Pkcs12Content> ReadPkcs12(const Pkcs12Store& store);

}  // namespace penstock::tls
