// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "penstock/adapter/host_options.h"
#include "stocklist/calendar_day.h"

namespace penstock::stocklist {

// What the command line asks for.
struct Options {
  adapter::HostOptions host;  // who the adapters are and whom they trust
  std::vector<std::string> data_servers;
  std::vector<std::string> metadata_servers;
  std::string data_folder;
  std::string users_file;  // empty: the built-in table
  double speed = 5;        // trading days a second
  std::optional<CalendarDay> from;
  std::optional<CalendarDay> to;
  bool help = false;

  // Nothing on failure; then `error` says which option is wrong.
  [[nodiscard]] static std::optional<Options> Parse(int argc, const char* const* argv,
                                                    std::string& error);
  [[nodiscard]] static std::string Usage();
};

}  // namespace penstock::stocklist
