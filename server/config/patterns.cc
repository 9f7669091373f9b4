// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/patterns.h"

#include <algorithm>

#include <re2/re2.h>

namespace penstock::config {

bool AnyFound(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [text](const std::string& pattern) {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
  });
}

}  // namespace penstock::config
