// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/reloaded_context.h"
#include "base/clock.h"
#include "base/status.h"
#include "config/settings.h"

namespace penstock::app {

// The TLS of the proxies that speak it, in whichever part: what their settings make of their files,
// as ListenerTls is for listeners. Owned by Application. Main thread.
class AdapterTls {
 public:
  // `sets` outlive this; a proxy is known by the place of its settings.
  AdapterTls(const std::vector<config::AdapterSet>& sets, const Clock& clock);

  // Reads everything. The error tells all that is wrong, with file and line of the configuration.
  Status Load();
  // What is odd but no error, an expired certificate for example.
  const std::vector<std::string>& notes() const { return notes_; }

  struct Change {
    const config::ProxySettings* proxy;
    ReloadedContext::ContextPtr context;
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
  struct Entry {
    const config::ProxySettings* proxy;
    std::unique_ptr<ReloadedContext> context;
  };

  void Add(const config::ProxySettings& proxy);

  const Clock& clock_;
  std::vector<Entry> entries_;
  std::vector<std::string> notes_;
};

}  // namespace penstock::app
