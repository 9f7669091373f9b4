// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/options.h"

#include <string_view>

#include "program/command_line.h"

namespace penstock::hostmonitor {
namespace {

using program::ParseWhole;
using program::Taken;

constexpr double kMinInterval = 0.1;
constexpr double kMaxInterval = 3600;
constexpr std::size_t kMaxProcesses = 100;

bool TakeInterval(std::string_view text, std::chrono::milliseconds& interval) {
  double seconds = 0;
  if (!ParseWhole(text, seconds) || !(seconds >= kMinInterval) || seconds > kMaxInterval) {
    return false;
  }
  interval = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(seconds * 1000));
  return true;
}

Taken Check(bool good) { return good ? Taken::kYes : Taken::kBadValue; }

Taken Take(std::string_view name, const std::string& value, Options& options) {
  if (name == "--host") {
    options.host = value;
    return Taken::kYes;
  }
  if (name == "--data-port") {
    return Check(ParseWhole(value, options.data_port) && options.data_port != 0);
  }
  if (name == "--interval") {
    return Check(TakeInterval(value, options.interval));
  }
  if (name == "--processes") {
    return Check(ParseWhole(value, options.process_count) &&
                 options.process_count <= kMaxProcesses);
  }
  return Taken::kUnknown;
}

}  // namespace

std::optional<Options> Options::Parse(int argc, const char* const* argv, std::string& error) {
  Options options;
  const auto result = program::ReadCommandLine(
      argc, argv,
      [&options](std::string_view name, const std::string& value) {
        return Take(name, value, options);
      },
      error);
  if (result == program::CommandLine::kError) {
    return std::nullopt;
  }
  if (result == program::CommandLine::kHelp) {
    options.help = true;
    return options;
  }
  return options;
}

const char* Options::Usage() {
  return "penstock-example-hostmonitor [options]\n"
         "  --host HOST       where the server is (127.0.0.1)\n"
         "  --data-port PORT  the server's port for the Data Adapter (6662)\n"
         "  --interval N      seconds between two readings, 0.1 to 3600 (1)\n"
         "  --processes N     how many of the busiest processes are items, 0 to 100 (10)\n"
         "  --help            this text\n";
}

}  // namespace penstock::hostmonitor
