// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

// OpenSSL's objects with an owner, and its errors as text. For this folder.
namespace penstock::tls {

struct OpenSslDelete {
  void operator()(ASN1_OCTET_STRING* object) const { ::ASN1_OCTET_STRING_free(object); }
  void operator()(BIO* object) const { ::BIO_free(object); }
  void operator()(EVP_PKEY* object) const { ::EVP_PKEY_free(object); }
  void operator()(SSL* object) const { ::SSL_free(object); }
  void operator()(SSL_CTX* object) const { ::SSL_CTX_free(object); }
  void operator()(STACK_OF(X509) * object) const { sk_X509_pop_free(object, ::X509_free); }
  void operator()(STACK_OF(X509_NAME) * object) const {
    sk_X509_NAME_pop_free(object, ::X509_NAME_free);
  }
  void operator()(X509* object) const { ::X509_free(object); }
  void operator()(X509_STORE* object) const { ::X509_STORE_free(object); }
};

template <class T>
using Owned = std::unique_ptr<T, OpenSslDelete>;

// What an error of OpenSSL says, for people: "wrong version number".
std::string ReasonText(unsigned long error);
// The same of the first error in this thread's queue, which is empty afterwards.
std::string TakeReason();

// A file to read PEM blocks from; null if it cannot be opened, and then `*why` says so.
Owned<BIO> OpenPem(const std::string& path, std::string* why);
// For PEM_read_bio_*: never asks anybody for a passphrase.
int RefusePassphrase(char* buffer, int size, int writing, void* asked);

}  // namespace penstock::tls
