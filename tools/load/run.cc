// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/run.h"

#include <algorithm>
#include <iostream>

namespace penstock::load {

namespace {

using namespace std::chrono_literals;

constexpr auto kPublisherTime = 10s;
constexpr std::size_t kMostOpening = 256;
constexpr auto kTick = 1s;
// After the window: what was published at its end may still be on its way.
constexpr auto kDrain = 500ms;
constexpr auto kLongestWait = 50ms;
constexpr auto kStaleAfter = 1s;

Clock::duration Span(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

double SecondsOf(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Run::Run(const Options& options, Poller& poller, Tally& tally, Publisher* publisher,
         MakeSubscriber make_subscriber)
    : options_(options),
      poller_(poller),
      tally_(tally),
      publisher_(publisher),
      make_subscriber_(std::move(make_subscriber)) {}

template <class Done>
bool Run::WorkUntil(Clock::time_point end, Done done) {
  for (;;) {
    const auto now = Clock::now();
    if (done()) return true;
    if (now >= end) return false;
    if (now >= last_tick_ + kTick) Tick(now);
    auto wake = std::min(end, now + kLongestWait);
    if (publisher_ != nullptr) wake = std::min(wake, publisher_->Publish(now));
    poller_.Wait(wake - Clock::now());
  }
}

// What has ended takes its figures along: then the last ones count.
const ProcessUse& Run::LookAtServer() {
  const ProcessUse use = UseOf(options_.server_pids);
  if (use.cpu_seconds >= server_use_.cpu_seconds && use.memory_bytes > 0) server_use_ = use;
  return server_use_;
}

std::string Run::FeedTrouble() const {
  if (publisher_ == nullptr || publisher_->broken().empty()) return {};
  return "the feed: " + publisher_->broken();
}

void Run::Tick(Clock::time_point now) {
  const double passed = SecondsOf(now - last_tick_);
  const double cpu = LookAtServer().cpu_seconds;
  Second second;
  second.at = SecondsOf(now - start_);
  second.ready = tally_.ready;
  second.deliveries = static_cast<double>(tally_.deliveries - last_deliveries_) / passed;
  second.p50_millis = tally_.latency_lately.QuantileMillis(0.5);
  second.p99_millis = tally_.latency_lately.QuantileMillis(0.99);
  second.server_cpu = (cpu - last_cpu_) / passed;
  second.errors = tally_.error_count();
  tally_.latency_lately.Clear();
  last_tick_ = now;
  last_deliveries_ = tally_.deliveries;
  last_cpu_ = cpu;
  seconds_.push_back(second);
  if (!options_.quiet) WriteProgress(second, std::cerr);
}

std::string Run::Go() {
  std::string wrong = Work();
  if (!options_.quiet && !seconds_.empty()) std::cerr << "\n";
  return wrong;
}

std::string Run::Work() {
  start_ = last_tick_ = Clock::now();
  const ProcessUse before = LookAtServer();
  last_cpu_ = before.cpu_seconds;
  result_.server_bytes_before = before.memory_bytes;
  if (std::string error = OpenPublisher(); !error.empty()) return error;
  const auto opening = Clock::now();
  if (std::string error = OpenSubscribers(); !error.empty()) return error;
  result_.opened_per_second =
      static_cast<double>(tally_.ready) / std::max(1e-9, SecondsOf(Clock::now() - opening));
  result_.server_open_cpu_seconds = LookAtServer().cpu_seconds - before.cpu_seconds;
  return Measure();
}

std::string Run::OpenPublisher() {
  if (publisher_ == nullptr) return {};
  if (std::string error = publisher_->Open(); !error.empty()) return error;
  const bool settled = WorkUntil(Clock::now() + kPublisherTime, [this] {
    return publisher_->ready() || !publisher_->broken().empty();
  });
  if (std::string trouble = FeedTrouble(); !trouble.empty()) return trouble;
  return settled ? "" : "the feed: the server does not open it";
}

std::string Run::OpenSubscribers() {
  const auto start = Clock::now();
  const auto settled = [this] { return tally_.ready + tally_.error_count(); };
  std::uint64_t last_settled = 0;
  auto last_change = start;
  bool stuck = false;
  while (subscribers_.size() < options_.sessions && !stuck) {
    const auto due =
        static_cast<std::size_t>(SecondsOf(Clock::now() - start) * options_.open_rate) + 1;
    while (subscribers_.size() < std::min(due, options_.sessions) &&
           subscribers_.size() < settled() + kMostOpening) {
      const std::size_t number = subscribers_.size();
      // The slow ones are spread over all.
      const bool slow = options_.slow > 0 && (number + 1) * options_.slow / options_.sessions !=
                                                 number * options_.slow / options_.sessions;
      subscribers_.push_back(make_subscriber_(number, slow));
      subscribers_.back()->Open();
    }
    WorkUntil(Clock::now() + 1ms, [] { return false; });
    if (tally_.ready == 0 && tally_.error_count() >= kMostOpening) break;
    if (settled() != last_settled || subscribers_.size() < settled() + kMostOpening) {
      last_settled = settled();
      last_change = Clock::now();
    }
    stuck = Clock::now() > last_change + Span(options_.patience);
  }
  const bool all = !stuck && WorkUntil(Clock::now() + Span(options_.patience),
                                       [&] { return settled() >= subscribers_.size(); });
  if (tally_.ready == 0) {
    return tally_.errors.empty() ? "no session came about"
                                 : "no session came about: " + tally_.errors.begin()->first;
  }
  if (!all) tally_.Fail("not ready in time");
  return {};
}

std::string Run::Measure() {
  if (publisher_ != nullptr) publisher_->Start(Clock::now());
  const auto start = Clock::now() + Span(options_.warmup);
  const auto end = start + Span(options_.seconds);
  tally_.window_start = start;
  tally_.window_end = end;
  // Nothing is left to be measured.
  const auto over = [this] { return tally_.ready == 0 || !FeedTrouble().empty(); };
  if (WorkUntil(start, over)) {
    if (std::string trouble = FeedTrouble(); !trouble.empty()) return trouble;
    return "no session is left: " + tally_.errors.begin()->first;
  }
  const Tally before = tally_;
  const ProcessUse use_before = LookAtServer();
  const auto began = Clock::now();
  WorkUntil(end, over);
  const auto ended = Clock::now();
  const ProcessUse use = LookAtServer();
  if (const std::string trouble = FeedTrouble(); !trouble.empty()) tally_.Fail(trouble);
  result_.seconds = SecondsOf(ended - began);
  result_.sessions_ready = tally_.ready;
  result_.deliveries = tally_.deliveries - before.deliveries;
  result_.lost = tally_.lost - before.lost;
  result_.bytes = tally_.bytes - before.bytes;
  result_.reads = tally_.reads - before.reads;
  result_.server_cpu_seconds = use.cpu_seconds - use_before.cpu_seconds;
  result_.server_bytes_at_start = use_before.memory_bytes;
  result_.server_bytes = use.memory_bytes;
  if (publisher_ == nullptr) return {};
  result_.behind = publisher_->behind(ended);
  for (const auto& one : subscribers_) result_.stale += one->CountStale(ended - kStaleAfter);
  publisher_->Stop();
  WorkUntil(Clock::now() + kDrain, [] { return false; });
  result_.published = publisher_->published_of_window();
  // Each item has the same share of the sessions.
  const std::size_t each = options_.items_each == 0 ? options_.items : options_.items_each;
  const double watchers = static_cast<double>(options_.sessions) * static_cast<double>(each) /
                          static_cast<double>(std::max<std::size_t>(1, options_.items));
  const double expected = static_cast<double>(result_.published) * watchers;
  result_.delivered_share =
      expected > 0 ? static_cast<double>(tally_.delivered_of_window) / expected : 0;
  return {};
}

}  // namespace penstock::load
