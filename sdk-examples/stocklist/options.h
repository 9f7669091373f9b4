// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "stocklist/calendar_day.h"

namespace penstock::stocklist {

// What the command line asks for.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t metadata_port = 6663;
  std::uint16_t data_port = 6661;
  std::string data_folder;
  std::string users_file;  // empty: the built-in table
  double speed = 5;        // trading days a second
  std::optional<CalendarDay> from;
  std::optional<CalendarDay> to;
  bool help = false;

  // Nothing on failure; then `error` says which option is wrong.
  [[nodiscard]] static std::optional<Options> Parse(int argc, const char* const* argv,
                                                    std::string& error);
  [[nodiscard]] static const char* Usage();
};

}  // namespace penstock::stocklist
