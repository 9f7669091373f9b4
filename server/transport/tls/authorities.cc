// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace penstock::tls {

Authorities::Authorities() : store_(::X509_STORE_new()), names_(sk_X509_NAME_new_null()) {}

void Authorities::Add(X509* certificate) {
  ::X509_STORE_add_cert(store_.get(), certificate);
  sk_X509_NAME_push(names_.get(), ::X509_NAME_dup(::X509_get_subject_name(certificate)));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  ::X509_digest(certificate, ::EVP_sha256(), digest, &size);
  fingerprint_.append(reinterpret_cast<const char*>(digest), size);
}

StatusOr<Authorities> Authorities::Load(const std::string& path) {
  std::string why;
  const Owned<BIO> file = OpenPem(path, &why);
  if (file == nullptr) return InvalidArgument(why + "; name a PEM file with certificates");
  Authorities loaded;
  bool encrypted = false;
  for (;;) {
    const Owned<X509> one(::PEM_read_bio_X509(file.get(), nullptr, RefusePassphrase, &encrypted));
    if (one == nullptr) break;
    loaded.Add(one.get());
  }
  const unsigned long end = ::ERR_peek_last_error();
  ::ERR_clear_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return InvalidArgument("\"" + path + "\" cannot be read (" + ReasonText(end) + ")");
  }
  if (loaded.fingerprint_.empty()) {
    return InvalidArgument("\"" + path +
                           "\" holds no certificate in PEM; it begins with -----BEGIN CERTIFICATE");
  }
  return loaded;
}

StatusOr<Authorities> Authorities::LoadStore(const Pkcs12Store& store) {
  const StatusOr<Pkcs12Content> content = ReadPkcs12(store);
  if (!content.ok()) return content.status();
  Authorities loaded;
  if (content->leaf != nullptr) loaded.Add(content->leaf.get());
  STACK_OF(X509)* const others = content->others.get();
  for (int i = 0; i < sk_X509_num(others); ++i) loaded.Add(sk_X509_value(others, i));
  if (loaded.fingerprint_.empty()) {
    return InvalidArgument("\"" + store.file + "\" holds no certificate");
  }
  return loaded;
}

Owned<STACK_OF(X509_NAME)> Authorities::Names() const {
  return Owned<STACK_OF(X509_NAME)>(::SSL_dup_CA_list(names_.get()));
}

}  // namespace penstock::tls
