// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/xml_tls.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace penstock::config {
namespace {

using Params = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
  ProxySettings proxy;
  std::vector<std::string> notes;  // names
  std::string error;
};

Outcome Read(const Params& given, const std::string& remote_host = "") {
  Outcome outcome;
  outcome.proxy.remote_host = remote_host;
  XmlParams params;
  params.Add({"tls", "Y", {"conf/a.xml", 1}});
  int line = 1;
  for (const auto& [name, value] : given) params.Add({name, value, {"conf/a.xml", ++line}});
  Problems problems;
  ReadXmlTls(
      &params, "conf/a.xml", &outcome.proxy,
      [&](const XmlParams::Param& param, std::string_view) { outcome.notes.push_back(param.name); },
      &problems);
  const Status status = problems.ToStatus();
  outcome.error = std::string(Message(status));
  return outcome;
}

const Params kStore = {{"tls.keystore.type", "PKCS12"}, {"tls.keystore.keystore_file", "k.p12"}};

Params And(Params params) {
  params.insert(params.begin(), kStore.begin(), kStore.end());
  return params;
}

TEST(XmlTls, ReadsStoresWithTheirPasswords) {
  const Outcome outcome = Read({{"tls.keystore.type", "JKS"},
                                {"tls.keystore.keystore_file", "k.p12"},
                                {"tls.keystore.keystore_password", "secret"},
                                {"tls.force_client_auth", "Y"},
                                {"tls.truststore.type", "PKCS12"},
                                {"tls.truststore.truststore_file", "/t.p12"},
                                {"tls.truststore.truststore_password.type", "file"},
                                {"tls.truststore.truststore_password", "t.txt"}});
  EXPECT_EQ(outcome.error, "");
  const AdapterTls& tls = outcome.proxy.tls.value();
  EXPECT_EQ(tls.keystore_file, "conf/k.p12");
  EXPECT_EQ(tls.keystore_password, "secret");
  EXPECT_EQ(tls.truststore_file, "/t.p12");
  EXPECT_EQ(tls.truststore_password_file, "conf/t.txt");
  EXPECT_TRUE(tls.force_client_auth);
  EXPECT_TRUE(outcome.notes.empty());
}

TEST(XmlTls, RefusesStoresThatNobodyReads) {
  EXPECT_EQ(Read({{"tls.keystore.type", "PKCS11"}, {"tls.keystore.keystore_file", "k"}}).error,
            "conf/a.xml:2: tls.keystore.type: \"PKCS11\" is nothing that this server reads; export "
            "it to a file and write PKCS12");
  EXPECT_EQ(Read({}).error,
            "conf/a.xml:1: tls.keystore.keystore_file: is absent; who connects must see a "
            "certificate, so name one");
}

TEST(XmlTls, AllowedAndRemovedProtocolsLeaveVersions) {
  const auto versions = [](const Params& params) {
    const Outcome outcome = Read(And(params));
    EXPECT_EQ(outcome.error, "");
    return std::string(ToString(outcome.proxy.tls->min_version)) + "-" +
           std::string(ToString(outcome.proxy.tls->max_version));
  };
  EXPECT_EQ(versions({}), "1.2-1.3");
  EXPECT_EQ(versions({{"tls.allow_protocol.1", "TLSv1.2"}}), "1.2-1.2");
  EXPECT_EQ(versions({{"tls.allow_protocol.1", "TLSv1.3"}}), "1.3-1.3");
  EXPECT_EQ(versions({{"tls.remove_protocols.1", "SSL"}, {"tls.remove_protocols.2", "TLSv1$"}}),
            "1.2-1.3");
  EXPECT_EQ(versions({{"tls.remove_protocols.1", "TLSv1\\.2"}}), "1.3-1.3");
}

TEST(XmlTls, OldProtocolsAreNotedAndNothingLeftIsAnError) {
  const Outcome outcome =
      Read(And({{"tls.allow_protocol.1", "TLSv1.1"}, {"tls.allow_protocol.2", "TLSv1.2"}}));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.notes, std::vector<std::string>{"tls.allow_protocol.1"});
  EXPECT_EQ(Read(And({{"tls.allow_protocol.1", "TLSv1"}})).error,
            "conf/a.xml:4: tls.allow_protocol.1: leaves nothing that this server speaks; leave it "
            "TLSv1.2 or TLSv1.3");
  EXPECT_NE(Read(And({{"tls.allow_protocol.1", "TLS1.2"}})).error, "");
  EXPECT_NE(Read(And({{"tls.remove_protocols.1", "("}})).error, "");
}

TEST(XmlTls, CipherSuitesAreInTheOrderOfTheirNumbers) {
  const Outcome outcome = Read(And({{"tls.allow_cipher_suite.10", "TEN"},
                                    {"tls.allow_cipher_suite.2", "TWO"},
                                    {"tls.allow_cipher_suite.last", "LAST"},
                                    {"tls.remove_cipher_suites.1", "_DHE_"},
                                    {"tls.enforce_server_cipher_suite_preference", "Y"},
                                    {"tls.enforce_server_cipher_suite_preference.order", "JVM"}}));
  EXPECT_EQ(outcome.error, "");
  const AdapterTls& tls = outcome.proxy.tls.value();
  EXPECT_EQ(tls.allow_cipher_suites, (std::vector<std::string>{"TWO", "TEN", "LAST"}));
  EXPECT_EQ(tls.remove_cipher_suites, std::vector<std::string>{"_DHE_"});
  EXPECT_TRUE(tls.prefer_server_ciphers);
  EXPECT_EQ(outcome.notes,
            std::vector<std::string>{"tls.enforce_server_cipher_suite_preference.order"});
}

TEST(XmlTls, WhoIsDialedDecidesSomeOfIt) {
  const Outcome outcome = Read({{"tls.force_client_auth", "Y"},
                                {"tls.enforce_server_cipher_suite_preference", "Y"},
                                {"tls.skip_hostname_check", "Y"}},
                               "feed");
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.proxy.tls->skip_hostname_check);
  EXPECT_FALSE(outcome.proxy.tls->force_client_auth);
  EXPECT_EQ(outcome.notes,
            (std::vector<std::string>{"tls.force_client_auth",
                                      "tls.enforce_server_cipher_suite_preference"}));
}

TEST(XmlTls, WhatIsUnknownMayHaveBeenToProtect) {
  EXPECT_EQ(Read(And({{"tls.force_client_atuh", "Y"}})).error,
            "conf/a.xml:4: tls.force_client_atuh: is no parameter of TLS; remove it, or did you "
            "mean tls.force_client_auth?");
  EXPECT_NE(Read(And({{"tls.force_client_auth", "yes"}})).error, "");
}

}  // namespace
}  // namespace penstock::config
