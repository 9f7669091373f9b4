// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "transport/tls/openssl.h"

namespace penstock::test {

// A folder for the files of a test; gone with it.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "penstock-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(File(name)) << text;
    return File(name);
  }

 private:
  std::filesystem::path path_;
};

// A certificate that signs itself, as PEM.
struct TestCertificate {
  std::string pem;
  std::string key_pem;
  std::string encrypted_key_pem;
};

// `alternatives`: "DNS:a.test,DNS:*.b.test"; empty: no such extension. `days` may be negative.
inline TestCertificate MakeCertificate(const std::string& common_name,
                                       const std::string& alternatives, int days = 1) {
  const tls::Owned<EVP_PKEY> key(::EVP_EC_gen("P-256"));
  const tls::Owned<X509> made(::X509_new());
  ::X509_set_version(made.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), 1);
  ::X509_time_adj_ex(::X509_getm_notBefore(made.get()), days < 0 ? 2 * days : 0, 0, nullptr);
  ::X509_time_adj_ex(::X509_getm_notAfter(made.get()), days, 0, nullptr);
  X509_NAME* const name = ::X509_get_subject_name(made.get());
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
  ::X509_set_issuer_name(made.get(), name);
  ::X509_set_pubkey(made.get(), key.get());
  if (!alternatives.empty()) {
    X509_EXTENSION* const extension =
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str());
    ::X509_add_ext(made.get(), extension, -1);
    ::X509_EXTENSION_free(extension);
  }
  ::X509_sign(made.get(), key.get(), ::EVP_sha256());
  const auto text = [](auto write) {
    const tls::Owned<BIO> out(::BIO_new(::BIO_s_mem()));
    write(out.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  TestCertificate result;
  result.pem = text([&](BIO* out) { ::PEM_write_bio_X509(out, made.get()); });
  result.key_pem = text([&](BIO* out) {
    ::PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  result.encrypted_key_pem = text([&](BIO* out) {
    ::PEM_write_bio_PKCS8PrivateKey(out, key.get(), ::EVP_aes_256_cbc(), "secret", 6, nullptr,
                                    nullptr);
  });
  return result;
}

}  // namespace penstock::test
