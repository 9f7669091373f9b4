// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::config {

// Whether one of these RE2 patterns, which were checked, is found anywhere in `text`.
bool AnyFound(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace penstock::config
