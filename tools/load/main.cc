// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// penstock-load: many sessions on a server, and what they get of it.
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "load/client_session.h"
#include "load/feed.h"
#include "load/options.h"
#include "load/plot.h"
#include "load/report.h"
#include "load/run.h"

namespace {

using namespace penstock::load;

constexpr std::size_t kOtherDescriptors = 32;

// False when so many connections cannot be had.
bool RaiseDescriptorLimit(std::size_t sessions) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return sessions + kOtherDescriptors <= limit.rlim_cur;
}

// Empty, or what cannot be written.
std::string WriteResult(const Options& options, const Run& run, const Tally& tally) {
  if (options.json == "-") {
    WriteJson(options, run.result(), tally, run.seconds(), std::cout);
  } else {
    WriteText(options, run.result(), tally, std::cout);
  }
  if (!std::cout.flush()) return "standard output";
  if (options.json != "-" && !options.json.empty()) {
    std::ofstream file(options.json);
    WriteJson(options, run.result(), tally, run.seconds(), file);
    if (!file.flush()) return options.json;
  }
  if (!options.plot.empty()) {
    std::ofstream file(options.plot);
    WritePlot(run.seconds(), file);
    if (!file.flush()) return options.plot;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string error;
  switch (ParseOptions(argc, argv, &options, &error)) {
    case Parsed::kHelp:
      std::cout << Options::Usage();
      return 0;
    case Parsed::kError:
      std::cerr << "penstock-load: " << error << "; --help tells all options\n";
      return 2;
    case Parsed::kRun:
      break;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (!RaiseDescriptorLimit(options.sessions)) {
    std::cerr << "penstock-load: --sessions: more than this process may have descriptors\n";
    return 2;
  }
  Address address;
  TlsClient tls;
  if (!Resolve(options.host, options.port, &address, &error) ||
      (options.tls && !MakeTlsClient(options.ca, options.insecure, options.host, &tls, &error))) {
    std::cerr << "penstock-load: " << error << "\n";
    return 1;
  }
  Poller poller;
  Tally tally;
  std::optional<Feed> feed;
  if (options.feed) feed.emplace(options, poller, tally);
  const SessionPlan plan{options, address, tls, poller, tally};
  Run run(options, poller, tally, feed ? &*feed : nullptr, [&plan](std::size_t number, bool slow) {
    return std::make_unique<ClientSession>(plan, number, slow);
  });
  if (const std::string wrong = run.Go(); !wrong.empty()) {
    std::cerr << "penstock-load: " << wrong << "\n";
    return 1;
  }
  if (const std::string what = WriteResult(options, run, tally); !what.empty()) {
    std::cerr << "penstock-load: " << what << " cannot be written\n";
    return 1;
  }
  return tally.errors.empty() ? 0 : 3;
}
