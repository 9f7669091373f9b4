// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <string_view>

namespace penstock::tls {

namespace {

struct Pkcs12Delete {
  void operator()(PKCS12* store) const { ::PKCS12_free(store); }
};

bool IsJavaStore(BIO* file) {
  using std::string_view_literals::operator""sv;
  char start[4];
  const bool whole = ::BIO_read(file, start, sizeof start) == sizeof start;
  BIO_seek(file, 0);
  const std::string_view magic(start, sizeof start);
  return whole && (magic == "\xfe\xed\xfe\xed"sv || magic == "\xce\xce\xce\xce"sv);
}

}  // namespace

StatusOr<Pkcs12Content> ReadPkcs12(const Pkcs12Store& store) {
  std::string why;
  const Owned<BIO> file = OpenPem(store.file, &why);
  if (file == nullptr) return InvalidArgument(why + "; name a PKCS12 file");
  if (IsJavaStore(file.get())) {
    return InvalidArgument("\"" + store.file +
                           "\" is a key store of Java's own kind (JKS); convert it with keytool "
                           "-importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype "
                           "PKCS12");
  }
  const std::unique_ptr<PKCS12, Pkcs12Delete> read(::d2i_PKCS12_bio(file.get(), nullptr));
  if (read == nullptr) {
    ::ERR_clear_error();
    return InvalidArgument("\"" + store.file + "\" is no PKCS12 file");
  }
  if (::PKCS12_mac_present(read.get()) == 1 &&
      ::PKCS12_verify_mac(read.get(), store.password.c_str(), -1) != 1) {
    ::ERR_clear_error();
    return InvalidArgument("the password does not open \"" + store.file + "\"");
  }
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (::PKCS12_parse(read.get(), store.password.c_str(), &key, &leaf, &others) != 1) {
    return InvalidArgument("\"" + store.file + "\" cannot be read (" + TakeReason() +
                           "); a file with an old encryption is renewed by keytool "
                           "-importkeystore, or by openssl pkcs12 -legacy");
  }
  Pkcs12Content content;
  content.key.reset(key);
  content.leaf.reset(leaf);
  content.others.reset(others != nullptr ? others : sk_X509_new_null());
  return content;
}

}  // namespace penstock::tls
