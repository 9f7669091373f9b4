// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/pem.h"

#include <openssl/pem.h>

namespace penstock::tls {

namespace {

bool Write(BIO* out, const STACK_OF(X509) * certificates) {
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    if (::PEM_write_bio_X509(out, sk_X509_value(certificates, i)) != 1) return false;
  }
  return true;
}

bool Write(BIO* out, X509_STORE* store) {
  const STACK_OF(X509_OBJECT)* const objects = ::X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    X509* const one = ::X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
    if (one != nullptr && ::PEM_write_bio_X509(out, one) != 1) return false;
  }
  return true;
}

std::string Taken(BIO* from) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(from, &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

StatusOr<PemTexts> ToPem(const Context& context) {
  const Owned<BIO> key(::BIO_new(::BIO_s_mem()));
  const Owned<BIO> certificate(::BIO_new(::BIO_s_mem()));
  const Owned<BIO> authorities(::BIO_new(::BIO_s_mem()));
  X509* const own = ::SSL_CTX_get0_certificate(context.get());
  STACK_OF(X509)* chain = nullptr;
  ::SSL_CTX_get0_chain_certs(context.get(), &chain);
  X509_STORE* store = nullptr;
  ::SSL_CTX_get0_verify_cert_store(context.get(), &store);
  const bool written =
      key != nullptr && certificate != nullptr && authorities != nullptr &&
      (own == nullptr ||
       (::PEM_write_bio_PrivateKey(key.get(), ::SSL_CTX_get0_privatekey(context.get()), nullptr,
                                   nullptr, 0, nullptr, nullptr) == 1 &&
        ::PEM_write_bio_X509(certificate.get(), own) == 1 && Write(certificate.get(), chain))) &&
      (!context.has_authorities() || store == nullptr || Write(authorities.get(), store));
  if (!written) return Internal("cannot write a certificate as PEM: " + TakeReason());
  return PemTexts{Taken(key.get()), Taken(certificate.get()), Taken(authorities.get())};
}

}  // namespace penstock::tls
