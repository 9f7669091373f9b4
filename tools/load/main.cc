// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// penstock-load: many sessions on a server, and what they get of it.
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <string>

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

bool WriteFiles(const Options& options, const Run& run) {
  if (options.json == "-") {
    WriteJson(options, run.result(), run.tally(), run.seconds(), std::cout);
  } else if (!options.json.empty()) {
    std::ofstream file(options.json);
    WriteJson(options, run.result(), run.tally(), run.seconds(), file);
    if (!file.flush()) return false;
  }
  if (options.plot.empty()) return true;
  std::ofstream file(options.plot);
  WritePlot(run.seconds(), file);
  return static_cast<bool>(file.flush());
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
  Run run(options);
  if (const std::string wrong = run.Go(); !wrong.empty()) {
    std::cerr << "penstock-load: " << wrong << "\n";
    return 1;
  }
  if (options.json != "-") WriteText(options, run.result(), run.tally(), std::cout);
  if (!WriteFiles(options, run)) {
    std::cerr << "penstock-load: a file cannot be written\n";
    return 1;
  }
  return run.tally().errors.empty() ? 0 : 3;
}
