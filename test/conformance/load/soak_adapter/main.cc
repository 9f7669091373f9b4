// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A Data Adapter made with the SDK, for tools/soak and load/flat_memory.mjs:
//   soak_adapter SERVER UPDATES_PER_SECOND [POLICY]
// 0 updates: as many as it can. POLICY: block (the default), refuse, conflate; see QueuePolicy.
// Items whose names begin with m are updated as MERGE, c as COMMAND, d as DISTINCT, r as RAW; the
// field `at` has the time of the update, in milliseconds. Ends with SIGTERM.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "penstock/adapter/adapter_host.h"

namespace {

using namespace penstock::adapter;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kKeys = 40;
constexpr std::size_t kHistory = 5;
constexpr auto kPause = std::chrono::milliseconds(5);

volatile std::sig_atomic_t ended = 0;

class Feed : public DataProvider {
 public:
  bool IsSnapshotAvailable(std::string_view /*item*/) override { return true; }
  StateRule RuleOf(std::string_view item) override {
    switch (item.front()) {
      case 'm':
        return {StateRule::Kind::kMerge};
      case 'c':
        return {StateRule::Kind::kCommand};
      case 'd':
        return {StateRule::Kind::kDistinct, kHistory};
      default:
        return {StateRule::Kind::kNone};
    }
  }
  Status Subscribe(Subscription subscription) override {
    Snapshot(subscription);
    subscription.EndOfSnapshot();
    const std::lock_guard lock(mutex_);
    const std::string item = subscription.item();
    items_.insert_or_assign(item, std::move(subscription));
    return {};
  }
  Status Unsubscribe(std::string_view item) override {
    const std::lock_guard lock(mutex_);
    items_.erase(std::string(item));
    return {};
  }

  // An update of each item, at most `most`; how many there were.
  std::uint64_t Wave(std::uint64_t most) {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    for (auto& [item, subscription] : items_) {
      if (count == most || ended != 0) break;
      Update(subscription, ++number_);
      ++count;
    }
    return count;
  }

 private:
  static void Snapshot(Subscription& s) {
    const char kind = s.item().front();
    if (kind == 'm') s.Update({{"value", "0"}, {"text", "snapshot"}}, true);
    for (std::uint64_t i = 0; kind == 'c' && i < kKeys; ++i) {
      const std::string key = "k" + std::to_string(i);
      s.Update({{"key", key}, {"command", "ADD"}, {"value", "0"}, {"text", "snapshot"}}, true);
    }
    for (std::size_t i = 0; kind == 'd' && i < kHistory; ++i) {
      s.Update({{"value", std::to_string(i)}, {"text", "snapshot"}}, true);
    }
  }
  // Rows come and go, values are of changing length.
  static void Update(Subscription& s, std::uint64_t number) {
    const std::string value = std::to_string(number);
    const std::string at = std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                              std::chrono::system_clock::now().time_since_epoch())
                                              .count());
    const std::string text(1 + number % 90, static_cast<char>('a' + number % 26));
    if (s.item().front() != 'c') {
      s.Update({{"value", value}, {"text", text}, {"at", at}});
      return;
    }
    const std::string key = "k" + std::to_string(number / 3 % kKeys);
    const bool deletes = number % 7 == 0;
    s.Update({{"key", key},
              {"command", deletes ? "DELETE" : "UPDATE"},
              {"value", value},
              {"text", text},
              {"at", at}});
  }

  std::mutex mutex_;
  std::map<std::string, Subscription> items_;
  std::uint64_t number_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::signal(SIGTERM, [](int) { ended = 1; });
  const double rate = std::atof(argv[2]);
  const auto feed = std::make_shared<Feed>();
  HostOptions options;
  options.servers = {argv[1]};
  options.min_backoff = std::chrono::milliseconds(20);
  options.max_backoff = std::chrono::milliseconds(200);
  options.max_queued_bytes = 1 << 20;
  options.keepalive = std::chrono::milliseconds(0);  // unless a server asks for them
  const std::string_view policy = argc > 3 ? argv[3] : "block";
  if (policy == "refuse") options.queue_policy = QueuePolicy::kRefuse;
  if (policy == "conflate") options.queue_policy = QueuePolicy::kConflate;
  AdapterHost host(feed, options);
  if (!host.Start()) return 1;
  const auto start = Clock::now();
  std::uint64_t sent = 0;
  while (ended == 0) {
    std::uint64_t most = UINT64_MAX;
    if (rate > 0) {
      const double due = rate * std::chrono::duration<double>(Clock::now() - start).count();
      most = std::max(static_cast<std::uint64_t>(due), sent) - sent;
    }
    const std::uint64_t count = feed->Wave(most);
    // What nobody wanted is not made up for.
    sent = rate > 0 && count < most
               ? static_cast<std::uint64_t>(
                     rate * std::chrono::duration<double>(Clock::now() - start).count())
               : sent + count;
    if (count == 0 || rate > 0) std::this_thread::sleep_for(kPause);
  }
  host.Stop();
  return 0;
}
