// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace penstock::adapters {

// Whether a remote adapter, or a user, may come in with what it says. Takes the same time for each
// wrong answer of one length, so that nothing can be learned from how long the refusal takes. A
// user without a password, or the reverse, is refused.
bool CredentialsMatch(const std::vector<config::Credential>& accepted,
                      const std::optional<std::string>& user,
                      const std::optional<std::string>& password);

// The same for a token alone.
bool TokenMatches(const std::vector<std::string>& accepted, std::string_view token);

}  // namespace penstock::adapters
