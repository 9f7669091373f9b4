// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/pkcs12.h"

#include <gtest/gtest.h>
#include <openssl/pkcs12.h>

#include <cstdio>

#include "support/test_certificate.h"
#include "transport/tls/authorities.h"
#include "transport/tls/certificate.h"

namespace penstock::tls {
namespace {

class Pkcs12Test : public testing::Test {
 protected:
  // A store with `made`, its key too if wanted.
  std::string Store(const test::TestCertificate& made, bool with_key) {
    const Owned<BIO> pem(::BIO_new_mem_buf(made.pem.data(), static_cast<int>(made.pem.size())));
    const Owned<X509> leaf(::PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    const Owned<BIO> key_pem(
        ::BIO_new_mem_buf(made.key_pem.data(), static_cast<int>(made.key_pem.size())));
    const Owned<EVP_PKEY> key(::PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr));
    const Owned<STACK_OF(X509)> others(sk_X509_new_null());
    if (!with_key) {
      ::X509_up_ref(leaf.get());
      sk_X509_push(others.get(), leaf.get());
    }
    PKCS12* const store =
        ::PKCS12_create("secret", "name", with_key ? key.get() : nullptr,
                        with_key ? leaf.get() : nullptr, others.get(), 0, 0, 0, 0, 0);
    std::FILE* const file = std::fopen(dir_.File("s.p12").c_str(), "wb");
    ::i2d_PKCS12_fp(file, store);
    std::fclose(file);
    ::PKCS12_free(store);
    return dir_.File("s.p12");
  }
  static std::string TextOf(const Status& status) { return std::string(Message(status)); }

  test::TempDir dir_;
};

TEST_F(Pkcs12Test, HoldsACertificateWithItsKey) {
  const std::string file = Store(test::MakeCertificate("a", "DNS:a.test"), true);
  const auto loaded = Certificate::LoadStore({file, "secret"});
  ASSERT_TRUE(loaded.ok()) << Message(loaded.status());
  EXPECT_EQ(loaded->names(), std::vector<std::string>{"a.test"});
}

TEST_F(Pkcs12Test, HoldsAuthorities) {
  const std::string file = Store(test::MakeCertificate("ca", ""), false);
  EXPECT_TRUE(Authorities::LoadStore({file, "secret"}).ok());
  EXPECT_EQ(TextOf(Certificate::LoadStore({file, "secret"}).status()),
            "\"" + file + "\" holds no certificate with its key; store both");
}

TEST_F(Pkcs12Test, TellsWhatIsWrong) {
  const std::string file = Store(test::MakeCertificate("a", "DNS:a.test"), true);
  EXPECT_EQ(TextOf(ReadPkcs12({file, "wrong"}).status()),
            "the password does not open \"" + file + "\"");
  const std::string text = dir_.Write("text", "no store");
  EXPECT_EQ(TextOf(ReadPkcs12({text, ""}).status()), "\"" + text + "\" is no PKCS12 file");
  EXPECT_NE(TextOf(ReadPkcs12({dir_.File("none"), ""}).status()).find("cannot be opened"),
            std::string::npos);
}

TEST_F(Pkcs12Test, NamesTheWayOutOfJavasOwnStores) {
  for (const char* const magic : {"\xfe\xed\xfe\xed", "\xce\xce\xce\xce"}) {
    const std::string file = dir_.Write("old.jks", std::string(magic, 4) + "rest");
    EXPECT_NE(TextOf(ReadPkcs12({file, ""}).status()).find("keytool -importkeystore"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace penstock::tls
