// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/calendar_day.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <system_error>

namespace penstock::stocklist {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Digits only, the whole of the text.
std::optional<unsigned> ParseDigits(std::string_view text, std::size_t min, std::size_t max) {
  if (text.size() < min || text.size() > max) {
    return std::nullopt;
  }
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<CalendarDay> MakeDay(std::optional<unsigned> year, std::optional<unsigned> month,
                                   std::optional<unsigned> day) {
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  return date.ok() ? std::optional<CalendarDay>(date) : std::nullopt;
}

std::optional<unsigned> ParseMonthName(std::string_view text) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == text) {
      return i + 1;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CalendarDay> ParseDay(std::string_view text) {
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    return MakeDay(ParseDigits(text.substr(0, 4), 4, 4), ParseDigits(text.substr(5, 2), 2, 2),
                   ParseDigits(text.substr(8, 2), 2, 2));
  }
  const std::size_t first = text.find(' ');
  const std::size_t second = text.rfind(' ');
  if (first == std::string_view::npos || first == second) {
    return std::nullopt;
  }
  return MakeDay(ParseDigits(text.substr(second + 1), 4, 4), ParseMonthName(text.substr(0, first)),
                 ParseDigits(text.substr(first + 1, second - first - 1), 1, 2));
}

std::string FormatDay(CalendarDay day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  const int size =
      std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace penstock::stocklist
