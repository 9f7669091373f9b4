// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/time_mark.h"

#include <charconv>
#include <cstdint>

namespace penstock::load {

void WriteTimeMark(Clock::time_point time, char* to) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto value = static_cast<std::uint64_t>(time.time_since_epoch().count());
  *to++ = '~';
  *to++ = 'T';
  for (int shift = 60; shift >= 0; shift -= 4) *to++ = kDigits[value >> shift & 15];
}

std::optional<Clock::time_point> FindTimeMark(std::string_view text) {
  const std::size_t at = text.find("~T");
  if (at == std::string_view::npos || text.size() - at < kTimeMarkSize) return std::nullopt;
  std::uint64_t value = 0;
  const char* const digits = text.data() + at + 2;
  const auto [end, error] = std::from_chars(digits, digits + kTimeMarkSize - 2, value, 16);
  if (error != std::errc() || end != digits + kTimeMarkSize - 2) return std::nullopt;
  return Clock::time_point(Clock::duration(static_cast<Clock::rep>(value)));
}

}  // namespace penstock::load
