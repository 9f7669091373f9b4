// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/credentials.h"

#include <gtest/gtest.h>

namespace penstock::adapters {
namespace {

const std::vector<config::Credential> kAccepted = {{"one", "secret"}, {"two", "other"}};

TEST(Credentials, AcceptsEachPair) {
  EXPECT_TRUE(CredentialsMatch(kAccepted, "one", "secret"));
  EXPECT_TRUE(CredentialsMatch(kAccepted, "two", "other"));
}

TEST(Credentials, RefusesMixedPairs) { EXPECT_FALSE(CredentialsMatch(kAccepted, "one", "other")); }

TEST(Credentials, RefusesRepetitionsAndPrefixesOfAPassword) {
  EXPECT_FALSE(CredentialsMatch(kAccepted, "one", "secretsecret"));
  EXPECT_FALSE(CredentialsMatch(kAccepted, "one", "secre"));
  EXPECT_FALSE(CredentialsMatch(kAccepted, "one", ""));
  EXPECT_FALSE(CredentialsMatch({{"", ""}}, "a", ""));
}

TEST(Credentials, RefusesWhatIsMissing) {
  EXPECT_FALSE(CredentialsMatch({{"one", ""}}, "one", std::nullopt));
  EXPECT_FALSE(CredentialsMatch({{"", "secret"}}, std::nullopt, "secret"));
  EXPECT_FALSE(CredentialsMatch({}, "", ""));
}

}  // namespace
}  // namespace penstock::adapters
