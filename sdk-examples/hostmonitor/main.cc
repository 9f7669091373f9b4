// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The example adapter of the host monitor: the Data Adapter HOSTMONITOR of the Adapter Set DEMO.
// README.md beside this file says more.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "hostmonitor/figures.h"
#include "hostmonitor/host_sampler.h"
#include "hostmonitor/hostmonitor_data.h"
#include "hostmonitor/options.h"
#include "penstock/adapter/adapter_host.h"
#include "program/console_listener.h"
#include "program/termination_signal.h"

namespace penstock::hostmonitor {
namespace {

int Fail(const std::string& error) {
  std::fprintf(stderr, "penstock-example-hostmonitor: %s\n", error.c_str());
  return EXIT_FAILURE;
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

  program::TerminationSignal termination;
  program::ConsoleListener listener;
  const Units units{static_cast<double>(sysconf(_SC_CLK_TCK)),
                    static_cast<double>(sysconf(_SC_PAGESIZE))};
  const auto data = std::make_shared<HostmonitorData>(
      HostSampler("/proc", units, options->process_count), options->interval);
  adapter::HostOptions host_options = options->host;
  host_options.name = "hostmonitor";
  host_options.listener = &listener;
  adapter::AdapterHost host(data, host_options);
  if (const adapter::Status started = host.Start(); !started) {
    return Fail(started.error().message());
  }

  static_cast<void>(termination.Wait());
  host.Stop();
  data->Stop();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace penstock::hostmonitor

int main(int argc, char** argv) { return penstock::hostmonitor::Main(argc, argv); }
