// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace penstock::hostmonitor {

// What the command line asks for.
struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t data_port = 6662;
  std::chrono::milliseconds interval{1000};
  std::size_t process_count = 10;
  bool help = false;

  // Nothing on failure; then `error` says which option is wrong.
  [[nodiscard]] static std::optional<Options> Parse(int argc, const char* const* argv,
                                                    std::string& error);
  [[nodiscard]] static const char* Usage();
};

}  // namespace penstock::hostmonitor
