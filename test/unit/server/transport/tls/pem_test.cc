// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/pem.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/test_certificate.h"

namespace penstock::tls {
namespace {

class PemTest : public testing::Test {
 protected:
  PemTest() {
    options_.ciphers = "ECDHE+AESGCM";
    options_.cipher_suites = "TLS_AES_128_GCM_SHA256";
  }

  Certificate Own() {
    return *Certificate::Load({dir_.Write("c.pem", own_.pem), dir_.Write("k.pem", own_.key_pem)});
  }
  Authorities Trusted() { return *Authorities::Load(dir_.Write("ca.pem", other_.pem)); }

  const test::TempDir dir_;
  const test::TestCertificate own_ = test::MakeCertificate("own", "DNS:own.example");
  const test::TestCertificate other_ = test::MakeCertificate("other", "DNS:other.example");
  ContextOptions options_;
};

TEST_F(PemTest, AClientShowsWhatItHasAndBelievesWhomItNames) {
  const auto context = Context::CreateForClient(options_, Own(), Trusted());
  ASSERT_TRUE(context.ok());
  const auto pem = ToPem(**context);
  ASSERT_TRUE(pem.ok());
  EXPECT_EQ(pem->certificate, own_.pem);
  EXPECT_NE(pem->key.find("PRIVATE KEY"), std::string::npos);
  EXPECT_EQ(pem->authorities, other_.pem);
}

TEST_F(PemTest, AClientMayShowNothingAndBelieveTheSystem) {
  const auto context = Context::CreateForClient(options_, std::nullopt, std::nullopt);
  ASSERT_TRUE(context.ok());
  const auto pem = ToPem(**context);
  ASSERT_TRUE(pem.ok());
  EXPECT_EQ(pem->certificate + pem->key + pem->authorities, "");
}

TEST_F(PemTest, AServerShowsItsCertificate) {
  std::vector<Certificate> certificates;
  certificates.push_back(Own());
  const auto context = Context::Create(options_, std::move(certificates), std::nullopt);
  ASSERT_TRUE(context.ok());
  const auto pem = ToPem(**context);
  ASSERT_TRUE(pem.ok());
  EXPECT_EQ(pem->certificate, own_.pem);
  EXPECT_EQ(pem->authorities, "");
}

}  // namespace
}  // namespace penstock::tls
