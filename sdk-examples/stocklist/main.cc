// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The example adapter of the stock list: the Data Adapter STOCKLIST and the Metadata Adapter of the
// Adapter Set DEMO, in one process. README.md beside this file says more.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "penstock/adapter/adapter_host.h"
#include "program/console_listener.h"
#include "program/termination_signal.h"
#include "stocklist/csv_table.h"
#include "stocklist/options.h"
#include "stocklist/recording.h"
#include "stocklist/replay.h"
#include "stocklist/stocklist_data.h"
#include "stocklist/stocklist_metadata.h"
#include "stocklist/user_table.h"

namespace penstock::stocklist {
namespace {

int Fail(const std::string& error) {
  std::fprintf(stderr, "penstock-example-stocklist: %s\n", error.c_str());
  return EXIT_FAILURE;
}

std::optional<UserTable> ReadUsers(const Options& options, std::string& error) {
  if (options.users_file.empty()) {
    return UserTable::BuiltIn();
  }
  const std::optional<CsvTable> table = CsvTable::Read(options.users_file, error);
  return table ? UserTable::Read(*table, error) : std::nullopt;
}

adapter::HostOptions HostOptionsFor(const Options& options, const char* name,
                                    const std::vector<std::string>& servers,
                                    program::ConsoleListener& listener) {
  adapter::HostOptions host = options.host;
  host.name = name;
  host.servers = servers;
  host.listener = &listener;
  return host;
}

int Main(int argc, const char* const* argv) {
  std::string error;
  const std::optional<Options> options = Options::Parse(argc, argv, error);
  if (!options) {
    return Fail(error + "\n" + Options::Usage());
  }
  if (options->help) {
    std::fputs(Options::Usage().c_str(), stdout);
    return EXIT_SUCCESS;
  }
  std::optional<UserTable> users = ReadUsers(*options, error);
  const std::optional<Recording> recording =
      users ? Recording::Load(options->data_folder, error) : std::nullopt;
  if (!users || !recording) {
    return Fail(error);
  }
  const CalendarDay from = options->from.value_or(recording->trading_days.front());
  const CalendarDay to = options->to.value_or(recording->covered_until);
  std::optional<Replay> replay = Replay::Create(*recording, from, to);
  if (!replay) {
    return Fail("no trading day was recorded from " + FormatDay(from) + " to " + FormatDay(to));
  }

  program::TerminationSignal termination;
  program::ConsoleListener listener;
  const auto data = std::make_shared<StocklistData>(std::move(*replay), options->speed);
  adapter::AdapterHost metadata_host(
      std::make_shared<StocklistMetadata>(std::move(*users)),
      HostOptionsFor(*options, "metadata", options->metadata_servers, listener));
  adapter::AdapterHost data_host(
      data, HostOptionsFor(*options, "stocklist", options->data_servers, listener));
  for (adapter::AdapterHost* host : {&metadata_host, &data_host}) {
    if (const adapter::Status started = host->Start(); !started) {
      return Fail(started.error().message());
    }
  }
  std::fprintf(stderr, "replaying %s to %s, %g trading days a second\n", FormatDay(from).c_str(),
               FormatDay(to).c_str(), options->speed);

  static_cast<void>(termination.Wait());
  data_host.Stop();
  metadata_host.Stop();
  data->Stop();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace penstock::stocklist

int main(int argc, char** argv) { return penstock::stocklist::Main(argc, argv); }
