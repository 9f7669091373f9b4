// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "program/serve_pair.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/host_options.h"
#include "program/command_line.h"
#include "program/connection_options.h"
#include "program/console_listener.h"
#include "program/termination_signal.h"

namespace penstock::program {
namespace {

std::string Usage(const PairOptions& options) {
  return options.name +
         " [options]\n"
         "  --metadata-server ENDPOINT, --data-server ENDPOINT\n"
         "                         where to meet the server for each of the two adapters\n"
         "                         (" +
         options.metadata_server + ", " + options.data_server +
         ");\n"
         "                         may be given several times\n"
         "  --help                 this text\n" +
         ConnectionUsage();
}

int Fail(const PairOptions& options, const std::string& error) {
  std::fprintf(stderr, "%s: %s\n", options.name.c_str(), error.c_str());
  return EXIT_FAILURE;
}

adapter::HostOptions HostOptionsFor(const char* name, const adapter::HostOptions& common,
                                    std::vector<std::string> servers,
                                    const std::string& usual_server) {
  adapter::HostOptions host = common;
  host.name = name;
  host.servers = std::move(servers);
  if (host.servers.empty()) {
    host.servers = {usual_server};
  }
  return host;
}

}  // namespace

int ServePair(int argc, const char* const* argv, const PairOptions& options) {
  TerminationSignal termination;
  ConsoleListener listener;
  adapter::HostOptions common;
  common.listener = &listener;
  std::vector<std::string> metadata_servers;
  std::vector<std::string> data_servers;
  const auto take = [&](std::string_view name, const std::string& value) {
    if (name == "--metadata-server") {
      metadata_servers.push_back(value);
    } else if (name == "--data-server") {
      data_servers.push_back(value);
    } else {
      return TakeConnectionOption(name, value, common);
    }
    return Taken::kYes;
  };
  std::string error;
  switch (ReadCommandLine(argc, argv, take, error)) {
    case CommandLine::kError:
      return Fail(options, error + "\n" + Usage(options));
    case CommandLine::kHelp:
      std::fputs(Usage(options).c_str(), stdout);
      return EXIT_SUCCESS;
    case CommandLine::kOk:
      break;
  }

  adapter::AdapterHost metadata(
      options.metadata,
      HostOptionsFor("metadata", common, std::move(metadata_servers), options.metadata_server));
  adapter::AdapterHost data(
      options.data, HostOptionsFor("data", common, std::move(data_servers), options.data_server));
  for (adapter::AdapterHost* host : {&metadata, &data}) {
    if (const adapter::Status started = host->Start(); !started) {
      return Fail(options, started.error().message());
    }
  }
  static_cast<void>(termination.Wait());
  data.Stop();
  metadata.Stop();
  return EXIT_SUCCESS;
}

}  // namespace penstock::program
