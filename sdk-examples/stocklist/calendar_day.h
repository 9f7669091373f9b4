// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::stocklist {

using CalendarDay = std::chrono::sys_days;

// Reads `2000-01-31` or `Jan 31 2000`, the two forms of the recorded files. Nothing for any other
// text and for days that do not exist.
[[nodiscard]] std::optional<CalendarDay> ParseDay(std::string_view text);

// `2000-01-31`
[[nodiscard]] std::string FormatDay(CalendarDay day);

}  // namespace penstock::stocklist
