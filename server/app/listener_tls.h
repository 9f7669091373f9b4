// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "app/reloaded_context.h"
#include "base/clock.h"
#include "base/status.h"
#include "config/settings.h"

namespace penstock::app {

// The TLS of the listeners that speak it: what their settings make of their files.
// Owned by Application. Main thread.
class ListenerTls {
 public:
  // `listeners` outlive this.
  ListenerTls(const std::vector<config::Listener>& listeners, const Clock& clock);

  // Reads everything. The error tells all that is wrong, with file and line of the configuration.
  Status Load();
  // What is odd but no error, an expired certificate for example; the first line of each place.
  const std::vector<std::string>& notes() const { return notes_; }

  // Null for a listener in clear.
  ReloadedContext::ContextPtr context(std::size_t listener) const;

  // When Check() is due next; max() if never.
  TimePoint NextCheck() const;
  // Reads again what has changed: of the listeners whose time has come, or of all at an operator's
  // request. Gives the listeners with a new context. Files that are no good leave the old one.
  std::vector<std::size_t> Check(bool all);

  // The counters, one line a listener.
  void LogTotals() const;

 private:
  std::vector<std::unique_ptr<ReloadedContext>> contexts_;  // null for a listener in clear
  std::vector<std::string> notes_;
};

}  // namespace penstock::app
