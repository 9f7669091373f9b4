// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Who connects to whom, and TLS to adapters, in TOML.

#include <gtest/gtest.h>

#include <string>

#include "config/describe.h"
#include "config/loader.h"

namespace penstock::config {
namespace {

// The table of a Data Adapter with these lines; they start at line 3.
StatusOr<Settings> WithData(const std::string& lines) {
  return LoadString("[[adapter_set]]\n[[adapter_set.data_adapter]]\n" + lines, "p.toml");
}

std::string ErrorOf(const std::string& lines) {
  const auto settings = WithData(lines);
  return settings.ok() ? "" : std::string(Message(settings.status()));
}

constexpr char kOwn[] =
    "[adapter_set.data_adapter.tls]\ncertificate_file = \"c.pem\"\nkey_file = \"/k.pem\"\n";

TEST(AdapterLink, ReadsTls) {
  const auto settings = WithData(std::string(kOwn) +
                                 "force_client_auth = true\nca_file = \"ca.pem\"\n"
                                 "max_version = \"1.2\"\nremove_cipher_suites = [\"_DHE_\"]\n");
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  const AdapterTls& tls = settings->adapter_sets[0].data_adapters[0].proxy.tls.value();
  EXPECT_EQ(tls.certificate_file, "c.pem");
  EXPECT_EQ(tls.key_file, "/k.pem");
  EXPECT_EQ(tls.ca_file, "ca.pem");
  EXPECT_TRUE(tls.force_client_auth);
  EXPECT_EQ(tls.max_version, TlsVersion::k12);
  EXPECT_EQ(ToString(tls.place), "p.toml:3");
}

TEST(AdapterLink, DescribedLoadsAgain) {
  const std::string dialed =
      "remote_host = \"a,b:2\"\nconnection_retry_millis = 5\n"
      "[adapter_set.data_adapter.tls]\nskip_hostname_check = true\n";
  for (const std::string& lines : {std::string(kOwn), dialed}) {
    auto settings = WithData(lines);
    ASSERT_TRUE(settings.ok()) << Message(settings.status());
    auto again = LoadString(Describe(*settings), "described");
    ASSERT_TRUE(again.ok()) << Message(again.status());
    again->adapter_sets[0].data_adapters[0].proxy.tls->place = {"p.toml", lines == kOwn ? 3 : 5};
    EXPECT_EQ(*again, *settings);
  }
}

TEST(AdapterLink, WhoConnectsMustSeeACertificate) {
  EXPECT_EQ(ErrorOf("[adapter_set.data_adapter.tls]\n"),
            "p.toml:3: adapter_set.data_adapter.tls.certificate_file: is absent; who connects must "
            "see a certificate, so name one");
  EXPECT_EQ(ErrorOf("remote_host = \"a\"\n[adapter_set.data_adapter.tls]\n"), "");
}

TEST(AdapterLink, WhatIsHalfThereOrTwiceIsRefused) {
  const std::string tls = "remote_host = \"a\"\n[adapter_set.data_adapter.tls]\n";
  EXPECT_NE(ErrorOf(tls + "certificate_file = \"c\"\n").find("go together"), std::string::npos);
  EXPECT_NE(ErrorOf(tls + "ca_file = \"c\"\ntruststore_file = \"t\"\n").find("one of them"),
            std::string::npos);
  EXPECT_NE(ErrorOf(tls + "keystore_password = \"c\"\nkeystore_password_file = \"t\"\n")
                .find("is there twice"),
            std::string::npos);
  EXPECT_NE(ErrorOf(tls + "min_version = \"1.3\"\nmax_version = \"1.2\"\n").find("is newer than"),
            std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kOwn) + "force_client_auth = true\n").find("needs ca_file"),
            std::string::npos);
}

TEST(AdapterLink, WhatMeansNothingInTheDirectionIsRefused) {
  const std::string dials = "remote_host = \"a\"\n";
  for (const std::string line :
       {"address = \"10.0.0.1\"", "address_allow_list = [\"a\"]", "notify_port = 6662"}) {
    EXPECT_NE(ErrorOf(dials + line + "\n").find("means nothing with remote_host"),
              std::string::npos)
        << line;
  }
  EXPECT_NE(ErrorOf("connection_retry_millis = 5\n").find("means nothing without remote_host"),
            std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kOwn) + "skip_hostname_check = true\n")
                .find("means nothing without remote_host"),
            std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kOwn) + "ca_file = \"ca.pem\"\n")
                .find("means nothing without force_client_auth"),
            std::string::npos);
}

TEST(AdapterLink, AProxyThatDialsTakesNoPort) {
  EXPECT_EQ(ErrorOf("remote_host = \"a\"\n[[adapter_set.data_adapter]]\nname = \"b\"\n"), "");
}

TEST(AdapterLink, RemoteHostMustBeOne) {
  EXPECT_EQ(ErrorOf("remote_host = \"a b\"\n"),
            "p.toml:3: adapter_set.data_adapter.remote_host: \"a b\" names no host to dial; write "
            "such as \"feed.example.com\", \"10.0.0.7:6661\" or \"[2001:db8::7]:6661\", several "
            "with commas");
}

}  // namespace
}  // namespace penstock::config
