// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

namespace penstock::program {

// Whether somebody may be called so: 1 to 20 letters, digits, '-' and '_' of ASCII, so that two
// names that look alike are the same.
[[nodiscard]] bool IsPlainName(std::string_view name);

}  // namespace penstock::program
