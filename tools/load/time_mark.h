// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/tally.h"

namespace penstock::load {

// The time of its publication, as an update carries it in its first field: "~T" and 16 hex digits.
inline constexpr std::size_t kTimeMarkSize = 18;

void WriteTimeMark(Clock::time_point time, char* to);
// The first one in `text`.
std::optional<Clock::time_point> FindTimeMark(std::string_view text);

}  // namespace penstock::load
