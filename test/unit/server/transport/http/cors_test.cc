// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/cors.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

OriginPolicy PolicyOf(const std::vector<std::string>& entries) {
  std::string bad_entry;
  std::optional<OriginPolicy> policy = OriginPolicy::Create(entries, &bad_entry);
  EXPECT_TRUE(policy.has_value()) << bad_entry;
  return policy.value_or(OriginPolicy());
}

bool Allows(const std::vector<std::string>& entries, std::string_view origin) {
  return PolicyOf(entries).Allows(origin, "push.example.org", false);
}

TEST(OriginPolicy, AllowsRequestsWithoutOrigin) {
  EXPECT_TRUE(OriginPolicy().Allows(std::nullopt, "h", false));
}

TEST(OriginPolicy, AllowsItsOwnOrigin) {
  const OriginPolicy policy;
  EXPECT_TRUE(policy.Allows("http://Example.com", "example.com", false));
  EXPECT_TRUE(policy.Allows("http://example.com:8080", "example.com:8080", false));
  EXPECT_TRUE(policy.Allows("https://example.com", "example.com:443", true));
  EXPECT_TRUE(policy.Allows("http://[::1]:8080", "[::1]:8080", false));
  EXPECT_FALSE(policy.Allows("http://example.com:8081", "example.com:8080", false));
  EXPECT_FALSE(policy.Allows("http://example.org", "example.com", false));
  EXPECT_FALSE(policy.Allows("http://example.com", "", false));
}

TEST(OriginPolicy, APageWithoutTlsIsNotTheOwnOriginOfATlsServer) {
  const OriginPolicy policy;
  EXPECT_FALSE(policy.Allows("http://example.com", "example.com", true));
  EXPECT_TRUE(policy.Allows("https://example.com", "example.com", false));
}

TEST(OriginPolicy, StarAllowsAllEvenNull) {
  EXPECT_TRUE(Allows({"*"}, "https://anybody.example"));
  EXPECT_TRUE(Allows({"*"}, "null"));
  EXPECT_FALSE(Allows({"https://a.example", "*.b.example"}, "null"));
}

TEST(OriginPolicy, MatchesExactOrigins) {
  EXPECT_TRUE(Allows({"https://a.example"}, "https://a.example"));
  EXPECT_TRUE(Allows({"https://A.example:443"}, "https://a.example"));
  EXPECT_FALSE(Allows({"https://a.example"}, "http://a.example"));
  EXPECT_FALSE(Allows({"https://a.example"}, "https://a.example:8443"));
  EXPECT_FALSE(Allows({"https://a.example"}, "https://a.example.evil.example"));
  EXPECT_FALSE(Allows({"https://a.example"}, "https://b.a.example"));
  EXPECT_TRUE(Allows({"capacitor://localhost"}, "capacitor://localhost"));
}

TEST(OriginPolicy, MatchesWildcardHosts) {
  EXPECT_TRUE(Allows({"*.example.com"}, "https://a.example.com"));
  EXPECT_TRUE(Allows({"*.example.com"}, "http://a.b.EXAMPLE.com:81"));
  EXPECT_FALSE(Allows({"*.example.com"}, "https://example.com"));
  EXPECT_FALSE(Allows({"*.example.com"}, "https://.example.com"));
  EXPECT_FALSE(Allows({"*.example.com"}, "https://badexample.com"));
  EXPECT_TRUE(Allows({"https://*.example.com"}, "https://a.example.com"));
  EXPECT_FALSE(Allows({"https://*.example.com"}, "http://a.example.com"));
  EXPECT_FALSE(Allows({"https://*.example.com"}, "https://a.example.com:444"));
}

TEST(OriginPolicy, AHostWithoutSchemeStandsForAllSchemesAndPorts) {
  EXPECT_TRUE(Allows({"localhost"}, "http://localhost:3000"));
  EXPECT_TRUE(Allows({"localhost"}, "https://localhost"));
  EXPECT_TRUE(Allows({"localhost:3000"}, "http://localhost:3000"));
  EXPECT_FALSE(Allows({"localhost:3000"}, "http://localhost"));
}

TEST(OriginPolicy, NamesTheBadEntry) {
  for (const std::string entry : {"", "https://", "https://a/b", "a:port", "a:0", "a:70000",
                                  "a.*.b", "*.", "**", "1x://a", "://a", "a b"}) {
    std::string bad_entry = "unset";
    EXPECT_FALSE(OriginPolicy::Create(std::vector<std::string>{"*", entry}, &bad_entry)) << entry;
    EXPECT_EQ(bad_entry, entry);
  }
}

TEST(OriginPolicy, RefusesJunkOrigins) {
  for (const std::string_view origin : {"", "a.example", "https://", "://a.example", "https:a"}) {
    EXPECT_FALSE(Allows({"a.example"}, origin)) << origin;
  }
}

TEST(Cors, EchoesTheOrigin) {
  std::string out;
  AppendCorsHeaders("https://a.example", true, &out);
  EXPECT_EQ(out,
            "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n"
            "Access-Control-Allow-Credentials: true\r\n");
  out.clear();
  AppendCorsHeaders("https://a.example", false, &out);
  EXPECT_EQ(out, "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n");
}

TEST(Cors, AnswersPreflight) {
  std::string out;
  AppendPreflightHeaders("https://a.example", false, "X-Token, X-More", &out);
  EXPECT_EQ(out,
            "Access-Control-Allow-Origin: https://a.example\r\nVary: Origin\r\n"
            "Access-Control-Allow-Methods: POST, GET, OPTIONS\r\n"
            "Access-Control-Allow-Headers: Content-Type, X-Token, X-More\r\n"
            "Access-Control-Max-Age: 3600\r\n");
}

}  // namespace
}  // namespace penstock::http
