// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Which keys go with which transport of adapters, and which proxies may share a port.

#include <gtest/gtest.h>

#include <string>

#include "config/loader.h"

namespace penstock::config {
namespace {

constexpr char kSet[] = "[[adapter_set]]\n[[adapter_set.data_adapter]]\n";
constexpr char kGrpc[] = "transport = \"grpc\"\n";
constexpr char kTls[] =
    "[adapter_set.data_adapter.tls]\ncertificate_file = \"a\"\nkey_file = \"b\"\nca_file = \"c\"\n"
    "force_client_auth = true\n";

std::string ErrorOf(const std::string& keys) {
  const auto settings = LoadString(kSet + keys, "p.toml");
  return settings.ok() ? "" : std::string(Message(settings.status()));
}

TEST(AdapterTransport, IsAriUnlessTheFileSaysGrpc) {
  const auto settings = LoadString(
      std::string(kSet) + "request_reply_port = 1\n" + kGrpc + "auth = true\ntokens = [\"t\"]\n",
      "p.toml");
  ASSERT_TRUE(settings.ok());
  const ProxySettings& proxy = settings->adapter_sets[0].data_adapters[0].proxy;
  EXPECT_EQ(proxy.transport, AdapterTransport::kGrpc);
  EXPECT_EQ(proxy.tokens, std::vector<std::string>{"t"});
  EXPECT_EQ(ProxySettings().transport, AdapterTransport::kAri);
}

TEST(AdapterTransport, RefusesWhatTheOtherOneKnows) {
  for (const std::string line :
       {"auth = true\ntokens = [\"t\"]\n", "certificate_names = [\"n\"]\n"}) {
    EXPECT_NE(ErrorOf(line).find("is known over gRPC only"), std::string::npos) << line;
  }
  EXPECT_NE(ErrorOf(std::string(kGrpc) + "notify_port = 7\n").find("is not known over gRPC"),
            std::string::npos);
}

TEST(AdapterTransport, TakesSomeKeysOfTls) {
  EXPECT_EQ(ErrorOf(std::string(kGrpc) + "certificate_names = [\"n\"]\n" + kTls), "");
  EXPECT_NE(ErrorOf(std::string(kGrpc) + kTls + "ciphers = \"X\"\n")
                .find("leaves versions and ciphers to gRPC"),
            std::string::npos);
  EXPECT_NE(ErrorOf(std::string(kGrpc) + "certificate_names = [\"n\"]\n").find("force_client_auth"),
            std::string::npos);
}

TEST(AdapterTransport, DialsWithAllThatAProxyOverAriHasForIt) {
  const std::string dials = std::string(kGrpc) +
                            "remote_host = \"a,b:2\"\nconnection_retry_millis = 5\n"
                            "certificate_names = [\"n\"]\n";
  const std::string tls = "[adapter_set.data_adapter.tls]\nskip_hostname_check = true\n";
  EXPECT_EQ(ErrorOf(dials + tls), "");
  EXPECT_NE(ErrorOf(dials).find("certificate_names: needs tls; add it"), std::string::npos);
  EXPECT_NE(ErrorOf(dials + kTls).find("means nothing with remote_host"), std::string::npos);
  // What is dialed takes no port of ours.
  EXPECT_EQ(ErrorOf(dials + tls + "[[adapter_set.data_adapter]]\nname = \"b\"\n"), "");
}

TEST(AdapterTransport, LetsProxiesShareAPortIfTheyListenAlike) {
  const std::string second = "[[adapter_set.data_adapter]]\nname = \"b\"\n";
  const std::string port = "request_reply_port = 9\n";
  const std::string other_tls =
      "[adapter_set.data_adapter.tls]\ncertificate_file = \"a\"\nkey_file = \"other\"\n"
      "ca_file = \"c\"\nforce_client_auth = true\n";
  EXPECT_EQ(ErrorOf(kGrpc + port + second + kGrpc + port), "");
  EXPECT_EQ(ErrorOf(kGrpc + port + kTls + second + kGrpc + port + kTls), "");
  EXPECT_NE(ErrorOf(kGrpc + port + kTls + second + kGrpc + port + other_tls).find("is taken"),
            std::string::npos);
  EXPECT_NE(ErrorOf(kGrpc + port + second + port).find("is taken"), std::string::npos);
  EXPECT_NE(ErrorOf(kGrpc + port + second + kGrpc + port + "keepalive_timeout_millis = 5\n")
                .find("is taken"),
            std::string::npos);
}

}  // namespace
}  // namespace penstock::config
