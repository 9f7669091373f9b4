// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "hostmonitor/options.h"

#include <string_view>

#include "program/command_line.h"
#include "program/connection_options.h"

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
  if (name == "--server") {
    options.host.servers.push_back(value);
    return Taken::kYes;
  }
  if (name == "--interval") {
    return Check(TakeInterval(value, options.interval));
  }
  if (name == "--processes") {
    return Check(ParseWhole(value, options.process_count) &&
                 options.process_count <= kMaxProcesses);
  }
  return program::TakeConnectionOption(name, value, options.host);
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
  if (options.host.servers.empty()) {
    options.host.servers = {"tcp://127.0.0.1:6662"};
  }
  return options;
}

std::string Options::Usage() {
  return std::string(
             "penstock-example-hostmonitor [options]\n"
             "  --server ENDPOINT      where to meet the server (tcp://127.0.0.1:6662); may be\n"
             "                         given several times\n"
             "  --interval N           seconds between two readings, 0.1 to 3600 (1)\n"
             "  --processes N          how many of the busiest processes are items, 0 to 100 (10)\n"
             "  --help                 this text\n") +
         program::ConnectionUsage();
}

}  // namespace penstock::hostmonitor
