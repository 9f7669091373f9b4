// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/options.h"
#include "load/poller.h"
#include "load/process_use.h"
#include "load/publisher.h"
#include "load/report.h"
#include "load/subscriber.h"
#include "load/tally.h"

namespace penstock::load {

// Number n of all; `slow`: it stops reading once it is subscribed.
using MakeSubscriber = std::function<std::unique_ptr<Subscriber>(std::size_t number, bool slow)>;

// One run: the publisher connects, the subscribers open, the window is measured. One thread.
class Run {
 public:
  // All must outlive the run; `publisher` may be null.
  Run(const Options& options, Poller& poller, Tally& tally, Publisher* publisher,
      MakeSubscriber make_subscriber);

  // Empty, or why there is no result.
  std::string Go();

  const Result& result() const { return result_; }
  const std::vector<Second>& seconds() const { return seconds_; }

 private:
  std::string Work();
  std::string OpenPublisher();
  std::string OpenSubscribers();
  std::string Measure();
  // Works until `end`, or until `done` holds.
  template <class Done>
  bool WorkUntil(Clock::time_point end, Done done);
  void Tick(Clock::time_point now);
  const ProcessUse& LookAtServer();
  // Why nothing is published any more; empty: it is.
  std::string FeedTrouble() const;

  const Options& options_;
  Poller& poller_;
  Tally& tally_;
  Publisher* const publisher_;
  const MakeSubscriber make_subscriber_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  Result result_;
  std::vector<Second> seconds_;
  Clock::time_point start_;
  Clock::time_point last_tick_;
  std::uint64_t last_deliveries_ = 0;
  double last_cpu_ = 0;
  ProcessUse server_use_;
};

}  // namespace penstock::load
