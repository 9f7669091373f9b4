// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/command_line.h"

#include <cstddef>

namespace penstock::program {

CommandLine ReadCommandLine(
    int argc, const char* const* argv,
    const std::function<Taken(std::string_view name, const std::string& value)>& take,
    std::string& error) {
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      return CommandLine::kHelp;
    }
    std::string value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (i + 1 < argc) {
      value = argv[++i];
    }
    const Taken taken = value.empty() ? Taken::kBadValue : take(name, value);
    if (taken == Taken::kUnknown) {
      error = name + " is no option of this program";
      return CommandLine::kError;
    }
    if (taken == Taken::kBadValue) {
      error = name + ": \"" + value + "\" is no good value";
      return CommandLine::kError;
    }
  }
  return CommandLine::kOk;
}

}  // namespace penstock::program
