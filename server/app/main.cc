// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The penstock program: reads the configuration, runs the server until a signal ends it.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>

#include "adapters/adapter_hub.h"
#include "app/adapter_tls.h"
#include "app/application.h"
#include "app/listener_tls.h"
#include "base/log.h"
#include "config/describe.h"
#include "config/loader.h"

namespace {

using penstock::Message;
using penstock::Status;

constexpr int kBadConfiguration = 2;
constexpr int kFailure = 1;

void SetUpLog(const penstock::config::Log& log) {
  for (int i = 0; i < penstock::log::kAreaCount; ++i) {
    const auto area = static_cast<penstock::log::Area>(i);
    penstock::log::SetLevel(area, log.LevelOf(area));
  }
}

// Each client is a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The signals that main() waits for; blocked before any thread starts.
sigset_t BlockSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The signal, or 0 when `until` has come.
int WaitForSignal(const sigset_t& signals, penstock::TimePoint until) {
  if (until == penstock::TimePoint::max()) {
    int signal = 0;
    ::sigwait(&signals, &signal);
    return signal;
  }
  const penstock::Duration wait =
      std::max(until - penstock::SteadyClock().Now(), penstock::Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec limit{seconds.count(), (wait - seconds).count()};
  return std::max(::sigtimedwait(&signals, nullptr, &limit), 0);
}

int Serve(penstock::config::Settings settings) {
  const sigset_t signals = BlockSignals();
  RaiseDescriptorLimit();
  SetUpLog(settings.log);
  if (!settings.log.file.empty()) {
    if (const Status opened = penstock::log::OpenFile(settings.log.file); !opened.ok()) {
      std::cerr << "penstock: " << Message(opened) << '\n';
      return kFailure;
    }
  }
  for (const std::string& note : settings.notes) {
    PENSTOCK_LOG(kConfig, kWarn, "not supported", {"what", note});
  }
  penstock::app::Application application(std::move(settings));
  if (const Status started = application.Start(); !started.ok()) {
    PENSTOCK_LOG(kServer, kError, "cannot start", {"reason", Message(started)});
    std::cerr << "penstock: " << Message(started) << '\n';  // the log cuts what is long
    return kFailure;
  }
  PENSTOCK_LOG(kServer, kInfo, "started", {"version", PENSTOCK_VERSION});
  for (;;) {
    const int signal = WaitForSignal(signals, application.NextCertificateCheck());
    if (signal != 0 && signal != SIGHUP) break;
    application.CheckCertificates(signal == SIGHUP);
    if (signal == 0) continue;
    if (const Status reopened = penstock::log::Reopen(); !reopened.ok()) {
      PENSTOCK_LOG(kServer, kError, "cannot reopen the log", {"reason", Message(reopened)});
    }
  }
  const std::string fatal = application.fatal();
  PENSTOCK_LOG(kServer, kInfo, "stopping", {"reason", fatal.empty() ? "signal" : fatal});
  application.Stop();
  PENSTOCK_LOG(kServer, kInfo, "stopped");
  penstock::log::Flush();
  return fatal.empty() ? 0 : kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App options("Penstock: a push server for live data");
  std::string file;
  bool check = false;
  options.add_option("--config,-c", file, "Configuration file (TOML); none: all defaults");
  options.add_flag(
      "--check-config", check,
      "Read the configuration, say what is wrong with it or what is in force, and end");
  options.set_version_flag("--version", std::string("penstock ") + PENSTOCK_VERSION);
  std::string positional;
  options.add_option("file", positional, "The same as --config");
  CLI11_PARSE(options, argc, argv);
  if (file.empty()) file = positional;

  auto settings = file.empty() ? penstock::config::LoadString("", "defaults")
                               : penstock::config::LoadFile(file);
  if (!settings.ok()) {
    std::cerr << Message(settings.status()) << '\n';
    return kBadConfiguration;
  }
  if (check) {
    if (const Status known = penstock::adapters::AdapterHub::CheckTransports(*settings);
        !known.ok()) {
      std::cerr << Message(known) << '\n';
      return kBadConfiguration;
    }
    const penstock::SteadyClock clock;
    penstock::log::SetLevel(penstock::log::Area::kServer, penstock::log::Level::kOff);
    penstock::app::ListenerTls tls(settings->listeners, clock);
    if (const Status loaded = tls.Load(); !loaded.ok()) {
      std::cerr << Message(loaded) << '\n';
      return kBadConfiguration;
    }
    penstock::app::AdapterTls adapter_tls(settings->adapter_sets, clock);
    if (const Status loaded = adapter_tls.Load(); !loaded.ok()) {
      std::cerr << Message(loaded) << '\n';
      return kBadConfiguration;
    }
    std::cout << penstock::config::Describe(*settings);
    for (const auto& notes : {settings->notes, tls.notes(), adapter_tls.notes()}) {
      for (const std::string& note : notes) std::cerr << "note: " << note << '\n';
    }
    std::cout << (file.empty() ? "defaults" : file) << ": ok\n";
    return 0;
  }
  return Serve(std::move(*settings));
}
