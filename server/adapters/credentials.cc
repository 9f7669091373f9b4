// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/credentials.h"

#include <cstddef>
#include <string_view>

namespace penstock::adapters {

namespace {

// Looks at every byte of `given`, whatever `expected` is.
bool Same(std::string_view expected, std::string_view given) {
  std::size_t difference = expected.size() ^ given.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(given[i] ^ other);
  }
  return difference == 0;
}

}  // namespace

bool CredentialsMatch(const std::vector<config::Credential>& accepted,
                      const std::optional<std::string>& user,
                      const std::optional<std::string>& password) {
  if (!user || !password) return false;
  unsigned matches = 0;
  for (const config::Credential& credential : accepted) {
    const unsigned user_matches = Same(credential.user, *user) ? 1 : 0;
    const unsigned password_matches = Same(credential.password, *password) ? 1 : 0;
    matches |= user_matches & password_matches;
  }
  return matches != 0;
}

bool TokenMatches(const std::vector<std::string>& accepted, std::string_view token) {
  unsigned matches = 0;
  for (const std::string& one : accepted) matches |= Same(one, token) ? 1 : 0;
  return matches != 0;
}

}  // namespace penstock::adapters
