// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "config/problems.h"
#include "config/settings.h"
#include "transport/tls/context.h"
#include "transport/tls/file_stamp.h"

namespace penstock::app {

// The TLS of the listeners that speak it: reads their files at the start, and again when they have
// changed. Files are read here only, so that no shard waits for a disk.
// Owned by Application. Main thread.
class ListenerTls {
 public:
  // `listeners` outlive this.
  ListenerTls(const std::vector<config::Listener>& listeners, const Clock& clock);
  ~ListenerTls();

  // Reads everything. The error tells all that is wrong, with file and line of the configuration.
  Status Load();
  // What is odd but no error, an expired certificate for example; the first line of each place.
  const std::vector<std::string>& notes() const { return notes_; }

  // Null for a listener in clear.
  std::shared_ptr<const tls::Context> context(std::size_t listener) const;

  // When Check() is due next; max() if never.
  TimePoint NextCheck() const;
  // Reads again what has changed: of the listeners whose time has come, or of all at an operator's
  // request. Gives the listeners with a new context. Files that are no good leave the old one.
  std::vector<std::size_t> Check(bool all);

  // The counters, one line a listener.
  void LogTotals() const;

 private:
  struct Entry;

  std::shared_ptr<const tls::Context> Make(Entry& entry, config::Problems* problems);
  bool Reload(Entry& entry);

  const Clock& clock_;
  std::vector<std::unique_ptr<Entry>> entries_;  // null for a listener in clear
  std::vector<std::string> notes_;
};

}  // namespace penstock::app
