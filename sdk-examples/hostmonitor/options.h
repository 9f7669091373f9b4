// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "penstock/adapter/host_options.h"

namespace penstock::hostmonitor {

// What the command line asks for.
struct Options {
  adapter::HostOptions host;  // its servers, who the adapter is and whom it trusts
  std::chrono::milliseconds interval{1000};
  std::size_t process_count = 10;
  bool help = false;

  // Nothing on failure; then `error` says which option is wrong.
  [[nodiscard]] static std::optional<Options> Parse(int argc, const char* const* argv,
                                                    std::string& error);
  [[nodiscard]] static std::string Usage();
};

}  // namespace penstock::hostmonitor
