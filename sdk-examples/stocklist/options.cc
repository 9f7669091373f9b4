// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/options.h"

#include <string_view>

#include "program/command_line.h"
#include "program/connection_options.h"
#include "stocklist/replay_clock.h"

namespace penstock::stocklist {
namespace {

using program::ParseWhole;
using program::Taken;

bool TakeDay(std::string_view text, std::optional<CalendarDay>& day) {
  day = ParseDay(text);
  return day.has_value();
}

Taken Check(bool good) { return good ? Taken::kYes : Taken::kBadValue; }

Taken Take(std::string_view name, const std::string& value, Options& options) {
  if (name == "--metadata-server") {
    options.metadata_servers.push_back(value);
    return Taken::kYes;
  }
  if (name == "--data-server") {
    options.data_servers.push_back(value);
    return Taken::kYes;
  }
  if (name == "--data") {
    options.data_folder = value;
    return Taken::kYes;
  }
  if (name == "--users") {
    options.users_file = value;
    return Taken::kYes;
  }
  if (name == "--speed") {
    return Check(ParseWhole(value, options.speed) && options.speed >= ReplayClock::kMinSpeed &&
                 options.speed <= ReplayClock::kMaxSpeed);
  }
  if (name == "--from") {
    return Check(TakeDay(value, options.from));
  }
  if (name == "--to") {
    return Check(TakeDay(value, options.to));
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
  if (options.data_folder.empty()) {
    error = "--data is missing: the folder with stocks.csv and sp500-2000.csv";
    return std::nullopt;
  }
  if (options.metadata_servers.empty()) {
    options.metadata_servers = {"tcp://127.0.0.1:6663"};
  }
  if (options.data_servers.empty()) {
    options.data_servers = {"tcp://127.0.0.1:6661"};
  }
  return options;
}

std::string Options::Usage() {
  return std::string(
             "penstock-example-stocklist --data DIR [options]\n"
             "  --data DIR             folder with stocks.csv and sp500-2000.csv\n"
             "  --metadata-server ENDPOINT, --data-server ENDPOINT\n"
             "                         where to meet the server for each of the two adapters\n"
             "                         (tcp://127.0.0.1:6663, tcp://127.0.0.1:6661); may be given\n"
             "                         several times\n"
             "  --speed N              trading days a second, 0.01 to 10000 (5)\n"
             "  --from DATE            first day to show, as 2000-01-31 (the first recorded one)\n"
             "  --to DATE              last day to show (the last that stocks and index both "
             "have)\n"
             "  --users FILE           table of users: user,password,items,max_frequency\n"
             "  --help                 this text\n") +
         program::ConnectionUsage();
}

}  // namespace penstock::stocklist
