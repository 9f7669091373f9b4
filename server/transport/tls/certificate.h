// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "transport/tls/openssl.h"
#include "transport/tls/pkcs12.h"

namespace penstock::tls {

// Both PEM. The certificate's file goes on with its chain, the root left out or not.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// A certificate of the server, with its key and its chain. Owned by a Context. Shard: any;
// immutable.
class Certificate {
 public:
  // Fails with a text that names the file: not there, no PEM, an encrypted key, a key that belongs
  // to another certificate.
  static StatusOr<Certificate> Load(const CertificateFiles& files);
  static StatusOr<Certificate> LoadStore(const Pkcs12Store& store);

  X509* leaf() const { return leaf_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  STACK_OF(X509) * chain() const { return chain_.get(); }

  // DNS names that it is for, in lower case, as "www.example.com" or "*.example.com": those of its
  // subjectAltName; of its subject's CN only if it has none there.
  const std::vector<std::string>& names() const { return names_; }
  // "2026-11-26 07:20:00 UTC"
  std::string ExpiryText() const;
  // What clients will mind about it at this time, or nothing: "has expired on ...".
  std::optional<std::string> TimeProblem(std::time_t now) const;

 private:
  Certificate() = default;

  Owned<X509> leaf_;
  Owned<EVP_PKEY> key_;
  Owned<STACK_OF(X509)> chain_;
  std::vector<std::string> names_;
};

}  // namespace penstock::tls
