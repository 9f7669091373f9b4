// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "config/problems.h"
#include "transport/tls/context.h"
#include "transport/tls/file_stamp.h"

namespace penstock::app {

// A TLS context that is made of files: at the start, and again when they have changed. Files that
// are no good leave the old one, and are told of once. Files are read here only, so that no shard
// waits for a disk. Owned by ListenerTls or AdapterTls. Main thread.
class ReloadedContext {
 public:
  using ContextPtr = std::shared_ptr<const tls::Context>;

  // What came to light on the way: errors, and what is odd but none, an expired certificate for
  // example.
  struct Findings {
    config::Problems problems;
    std::vector<std::string> notes;
  };
  // Null if there are more problems than before.
  using Make = absl::AnyInvocable<ContextPtr(Findings*)>;

  struct Source {
    std::string_view owner;  // in logs: "listener" or "proxy"
    std::string name;        // of the owner
    std::vector<std::string> files;
    Duration period;  // between two looks at them; zero: only when an operator asks
  };

  ReloadedContext(const Clock& clock, Source source, Make make);

  // The first time.
  void Load(Findings* findings);
  const ContextPtr& context() const { return context_; }

  // When Check() is due next; max() if never.
  TimePoint NextCheck() const {
    return source_.period > Duration::zero() ? due_ : TimePoint::max();
  }
  // Reads again what has changed, if the time has come or an operator asks. True if there is
  // another context.
  bool Check(bool asked);

  // The counters, in one line.
  void LogTotals() const;

 private:
  bool Reload();

  // Fixed after construction.
  const Clock& clock_;
  const Source source_;
  Make make_;

  // State.
  std::vector<tls::FileStamp> stamps_;
  ContextPtr context_;
  TimePoint due_ = {};
  std::uint64_t reloads_ = 0;
  std::uint64_t reloads_failed_ = 0;
};

}  // namespace penstock::app
