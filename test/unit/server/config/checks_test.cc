// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/checks.h"

#include <gtest/gtest.h>

namespace penstock::config {
namespace {

TEST(Checks, AddressesAreNumeric) {
  EXPECT_EQ(CheckAddress("127.0.0.1"), "");
  EXPECT_EQ(CheckAddress("::1"), "");
  EXPECT_NE(CheckAddress("localhost"), "");
  EXPECT_NE(CheckAddress(""), "");
  EXPECT_NE(CheckAddress("1.2.3"), "");
}

TEST(Checks, OriginsAreAWildcardOrSchemeHostAndPort) {
  EXPECT_EQ(CheckOrigins({"*", "https://app.example.com", "http://10.0.0.1:8080"}), "");
  EXPECT_EQ(CheckOrigins({"https://[::1]:443", "https://[::1]"}), "");
  for (const char* origin :
       {"", "app.example.com", "https://", "https://a/b", "https://A.example", "https://a:0",
        "https://a:99999", "ftp://a", "https://*.example.com"}) {
    EXPECT_NE(CheckOrigins({origin}), "") << origin;
  }
}

TEST(Checks, HeadersCannotBreakTheResponse) {
  EXPECT_EQ(CheckHeaders({{"X-Accel-Buffering", "no"}}), "");
  EXPECT_NE(CheckHeaders({{"x y", "no"}}), "");
  EXPECT_NE(CheckHeaders({{"", "no"}}), "");
  EXPECT_NE(CheckHeaders({{"x", "a\r\nSet-Cookie: b"}}), "");
  EXPECT_NE(CheckHeaders({{"Content-Length", "1"}}), "");
  EXPECT_NE(CheckHeaders({{"Access-Control-Allow-Origin", "*"}}), "");
}

TEST(Checks, LabelsArePrintable) {
  EXPECT_EQ(CheckLabel("Penstock, a gate"), "");
  EXPECT_NE(CheckLabel(""), "");
  EXPECT_NE(CheckLabel("a\nb"), "");
  EXPECT_NE(CheckLabel("\xff"), "");
  EXPECT_NE(CheckLabel(std::string(201, 'a')), "");
}

TEST(Checks, RemoteParamsLeaveTheServersOwnAlone) {
  EXPECT_EQ(CheckRemoteParams({{"remote:feed", "x"}}), "");
  EXPECT_NE(CheckRemoteParams({{"ARI.version", "1"}}), "");
  EXPECT_NE(CheckRemoteParams({{"a", "1"}, {"a", "2"}}), "");
  EXPECT_NE(CheckRemoteParams({{"", "1"}}), "");
}

TEST(Checks, TheSamePortOnTwoAddressesIsNoClash) {
  Problems problems;
  CheckPorts({{"127.0.0.1", 80, "port", "a", {"f", 1}}, {"127.0.0.2", 80, "port", "b", {"f", 2}}},
             &problems);
  EXPECT_TRUE(problems.empty());
}

TEST(Checks, EveryAddressClashesWithEachAddress) {
  Problems problems;
  CheckPorts({{"127.0.0.1", 80, "port", "a", {"f", 1}}, {"0.0.0.0", 80, "port", "b", {"f", 2}}},
             &problems);
  EXPECT_EQ(Message(problems.ToStatus()),
            "f:2: port: 80 is taken by a (f:1); write a port of its own");
}

// What CheckPorts says of two sockets on one port.
std::string Clash(const std::string& first, const std::string& second, bool second_ipv6_only) {
  Problems problems;
  CheckPorts(
      {{first, 80, "port", "a", {"f", 1}}, {second, 80, "port", "b", {"f", 2}, second_ipv6_only}},
      &problems);
  return problems.empty() ? "" : "clash";
}

TEST(Checks, EveryAddressOfIPv6IsAlsoEveryAddressOfIPv4UnlessItIsForIPv6Only) {
  EXPECT_EQ(Clash("127.0.0.1", "::", false), "clash");
  EXPECT_EQ(Clash("0.0.0.0", "::", false), "clash");
  EXPECT_EQ(Clash("0.0.0.0", "::", true), "");
  EXPECT_EQ(Clash("::1", "::", true), "clash");
  EXPECT_EQ(Clash("0.0.0.0", "::1", false), "");
  EXPECT_EQ(Clash("127.0.0.1", "::1", false), "");
}

TEST(Checks, AnAddressClashesWithItselfHoweverItIsWritten) {
  EXPECT_EQ(Clash("::1", "0:0::0:1", false), "clash");
  EXPECT_EQ(Clash("2001:db8::A", "2001:DB8::a", false), "clash");
}

TEST(Checks, EchoedHeadersAreNotTheServersOwn) {
  EXPECT_EQ(CheckEchoes({"cookie", "X-Request-Id"}), "");
  EXPECT_NE(CheckEchoes({"Content-Length"}), "");
  EXPECT_NE(CheckEchoes({"x y"}), "");
}

TEST(Problems, AreSortedByFileAndLine) {
  Problems problems;
  problems.Add({"a", 9}, "k", "x");
  problems.Add({"b", 1}, "", "y");
  problems.Add({"a", 2}, "k", "z");
  EXPECT_EQ(Message(problems.ToStatus()), "a:2: k: z\na:9: k: x\nb:1: y");
}

TEST(Problems, BeyondTwentyAreCounted) {
  Problems problems;
  for (int line = 1; line <= 23; ++line) problems.Add({"a", line}, "", "x");
  const Status status = problems.ToStatus();
  const std::string_view text = Message(status);
  EXPECT_NE(text.find("a:20: x\nand 3 more"), std::string_view::npos);
  EXPECT_EQ(text.find("a:21"), std::string_view::npos);
}

}  // namespace
}  // namespace penstock::config
