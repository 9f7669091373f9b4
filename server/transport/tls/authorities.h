// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>

#include "base/status.h"
#include "transport/tls/openssl.h"
#include "transport/tls/pkcs12.h"

namespace penstock::tls {

// The authorities whose certificates peers may show. Owned by a Context. Shard: any; immutable.
class Authorities {
 public:
  // A PEM file with one certificate or more.
  static StatusOr<Authorities> Load(const std::string& path);
  static StatusOr<Authorities> LoadStore(const Pkcs12Store& store);

  X509_STORE* store() const { return store_.get(); }
  // Their names, which clients are told; a new list for whoever takes it.
  Owned<STACK_OF(X509_NAME)> Names() const;
  // Tells one set of authorities from another.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  Authorities();

  void Add(X509* certificate);

  Owned<X509_STORE> store_;
  Owned<STACK_OF(X509_NAME)> names_;
  std::string fingerprint_;
};

}  // namespace penstock::tls
