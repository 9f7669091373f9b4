// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/certificate.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/test_certificate.h"

namespace penstock::tls {
namespace {

using test::MakeCertificate;
using Names = std::vector<std::string>;

bool Has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class CertificateTest : public testing::Test {
 protected:
  StatusOr<Certificate> Load(const std::string& certificate, const std::string& key) {
    return Certificate::Load({dir_.Write("c.pem", certificate), dir_.Write("k.pem", key)});
  }
  std::string ErrorOf(const std::string& certificate, const std::string& key) {
    return std::string(Message(Load(certificate, key).status()));
  }

  test::TempDir dir_;
};

TEST_F(CertificateTest, KnowsTheNamesOfItsAlternatives) {
  const auto made = MakeCertificate("cn.test", "DNS:A.test,IP:127.0.0.1,DNS:*.b.test");
  EXPECT_EQ(Load(made.pem, made.key_pem)->names(), (Names{"a.test", "*.b.test"}));
}

TEST_F(CertificateTest, TheCommonNameStandsInForAbsentAlternatives) {
  const auto made = MakeCertificate("CN.test", "");
  EXPECT_EQ(Load(made.pem, made.key_pem)->names(), Names{"cn.test"});
}

TEST_F(CertificateTest, TakesTheChainBehindIt) {
  const auto made = MakeCertificate("a", "");
  const auto other = MakeCertificate("b", "");
  const auto loaded = Load(made.pem + other.pem + made.pem, made.key_pem);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(sk_X509_num(loaded->chain()), 2);
}

TEST_F(CertificateTest, ABrokenChainIsAnError) {
  const auto made = MakeCertificate("a", "");
  EXPECT_TRUE(Has(ErrorOf(made.pem + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
                          made.key_pem),
                  "the chain in"));
}

TEST_F(CertificateTest, AKeyOfAnotherIsAnError) {
  EXPECT_TRUE(Has(ErrorOf(MakeCertificate("a", "").pem, MakeCertificate("a", "").key_pem),
                  "does not belong to the certificate"));
}

TEST_F(CertificateTest, AnEncryptedKeyIsAnErrorAndNobodyIsAsked) {
  const auto made = MakeCertificate("a", "");
  EXPECT_TRUE(Has(ErrorOf(made.pem, made.encrypted_key_pem), "is encrypted"));
}

TEST_F(CertificateTest, WhatIsNoPemIsAnError) {
  const auto made = MakeCertificate("a", "");
  EXPECT_TRUE(Has(ErrorOf("nothing", made.key_pem), "holds no certificate in PEM"));
  EXPECT_TRUE(Has(ErrorOf(made.key_pem, made.key_pem), "holds no certificate in PEM"));
  EXPECT_TRUE(Has(ErrorOf(made.pem, made.pem), "holds no private key in PEM"));
}

TEST_F(CertificateTest, AnAbsentFileIsNamed) {
  const std::string absent = dir_.File("absent.pem");
  EXPECT_EQ(Message(Certificate::Load({absent, absent}).status()),
            "\"" + absent +
                "\" cannot be opened (No such file or directory); name a PEM file with a "
                "certificate");
}

TEST_F(CertificateTest, SaysWhenItIsNotValid) {
  const auto made = MakeCertificate("a", "", -1);
  const auto loaded = Load(made.pem, made.key_pem);
  const std::time_t now = std::time(nullptr);
  EXPECT_EQ(loaded->TimeProblem(now), "has expired on " + loaded->ExpiryText());
  EXPECT_EQ(loaded->TimeProblem(now - 36 * 3600), std::nullopt);
  EXPECT_TRUE(Has(loaded->TimeProblem(now - 72 * 3600).value_or(""), "is not valid before"));
}

}  // namespace
}  // namespace penstock::tls
