// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::config {

// The known name that whoever wrote `name` most likely meant; empty when none is near.
std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& known);

// "a, b or c".
std::string Enumerate(const std::vector<std::string_view>& names);

}  // namespace penstock::config
