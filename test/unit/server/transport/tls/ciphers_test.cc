// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/ciphers.h"

#include <gtest/gtest.h>

namespace penstock::tls {
namespace {

TEST(Ciphers, TakesWhatOpenSslKnows) {
  EXPECT_TRUE(CheckCiphers("ECDHE+AESGCM:ECDHE+CHACHA20").ok());
  EXPECT_TRUE(CheckCiphers("HIGH:!aNULL:!MD5:@STRENGTH").ok());
  EXPECT_TRUE(CheckCiphers("ECDHE-RSA-AES128-GCM-SHA256").ok());
}

TEST(Ciphers, NamesTheOneThatIsUnknown) {
  EXPECT_EQ(Message(CheckCiphers("ECDHE+AESGCM:ECDHE-RSA-AES129-GCM")),
            "\"ECDHE-RSA-AES129-GCM\" is no cipher of TLS 1.2; `openssl ciphers` lists them");
  EXPECT_EQ(Message(CheckCiphers("ECDHE+AESGCM:!ALL")),
            "\"ECDHE+AESGCM:!ALL\" leaves no cipher; write one at least");
}

TEST(Ciphers, SuitesAreNamesOfTls13) {
  EXPECT_TRUE(CheckCipherSuites("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256").ok());
  EXPECT_EQ(Message(CheckCipherSuites("TLS_AES_128_GCM_SHA256:TLS_AES_1")),
            "\"TLS_AES_1\" is no cipher suite of TLS 1.3; write names such as "
            "TLS_AES_128_GCM_SHA256");
  EXPECT_FALSE(CheckCipherSuites("").ok());
}

TEST(ChooseCiphers, StandardNamesDecide) {
  const CipherLists lists = {"ECDHE+AESGCM", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"};
  const auto nothing = [](std::string_view) { return false; };
  std::vector<std::string> unknown;
  CipherLists left = ChooseCiphers(
      lists, {"TLS_AES_256_GCM_SHA384", "SSL_OLD", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
      nothing, &unknown);
  EXPECT_EQ(left.ciphers, "ECDHE-RSA-AES128-GCM-SHA256");
  EXPECT_EQ(left.cipher_suites, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(unknown, std::vector<std::string>{"SSL_OLD"});
  left = ChooseCiphers(
      lists, {},
      [](std::string_view name) { return name.find("AES_128") != std::string_view::npos; },
      &unknown);
  EXPECT_EQ(left.cipher_suites, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(left.ciphers.find("AES128"), std::string::npos);
  EXPECT_NE(left.ciphers.find("ECDHE-RSA-AES256-GCM-SHA384"), std::string::npos);
  left = ChooseCiphers(
      lists, {}, [](std::string_view) { return true; }, &unknown);
  EXPECT_EQ(left.ciphers + left.cipher_suites, "");
}

}  // namespace
}  // namespace penstock::tls
