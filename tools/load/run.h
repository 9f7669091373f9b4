// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/client_session.h"
#include "load/feed.h"
#include "load/options.h"
#include "load/poller.h"
#include "load/process_use.h"
#include "load/report.h"
#include "load/tally.h"

namespace penstock::load {

// One run: the feed connects, the sessions open, the window is measured. One thread.
class Run {
 public:
  explicit Run(const Options& options);

  // Empty, or why there is no result.
  std::string Go();

  const Result& result() const { return result_; }
  const Tally& tally() const { return tally_; }
  const std::vector<Second>& seconds() const { return seconds_; }

 private:
  std::string OpenFeed();
  std::string OpenSessions();
  void Measure();
  // Works until `end`, or until `done` holds.
  template <class Done>
  bool WorkUntil(Clock::time_point end, Done done);
  void Tick(Clock::time_point now);

  const Options& options_;
  Poller poller_;
  Tally tally_;
  Address address_;
  TlsClient tls_;
  SessionPlan plan_{options_, address_, tls_, poller_, tally_};
  std::optional<Feed> feed_;
  std::vector<std::unique_ptr<ClientSession>> sessions_;
  Result result_;
  std::vector<Second> seconds_;
  Clock::time_point start_;
  Clock::time_point last_tick_;
  std::uint64_t last_deliveries_ = 0;
  double last_cpu_ = 0;
};

}  // namespace penstock::load
