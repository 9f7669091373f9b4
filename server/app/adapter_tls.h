// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "config/problems.h"
#include "config/settings.h"
#include "transport/tls/context.h"

namespace penstock::app {

// The TLS of the proxies that speak it, in whichever part: reads their files at the start, and
// again when they have changed. As ListenerTls is for listeners. Owned by Application. Main thread.
class AdapterTls {
 public:
  // `sets` outlive this; a proxy is known by the place of its settings.
  AdapterTls(const std::vector<config::AdapterSet>& sets, const Clock& clock);
  ~AdapterTls();

  // Reads everything. The error tells all that is wrong, with file and line of the configuration.
  Status Load();
  // What is odd but no error, an expired certificate for example.
  const std::vector<std::string>& notes() const { return notes_; }

  struct Change {
    const config::ProxySettings* proxy;
    std::shared_ptr<const tls::Context> context;
  };
  // All that there is after Load().
  std::vector<Change> contexts() const;

  // When Check() is due next; max() if never.
  TimePoint NextCheck() const;
  // Reads again what has changed: of the proxies whose time has come, or of all at an operator's
  // request. Files that are no good leave the old context.
  std::vector<Change> Check(bool all);

  // The counters, one line a proxy.
  void LogTotals() const;

 private:
  struct Entry;

  void Add(const config::ProxySettings& proxy);
  std::shared_ptr<const tls::Context> Make(const Entry& entry, config::Problems* problems);
  bool Reload(Entry& entry);

  const Clock& clock_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::string> notes_;
};

}  // namespace penstock::app
