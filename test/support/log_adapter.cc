// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A Data Adapter whose items are a log of numbered events, each with its number as resume token,
// for tests of what is told again and what is not:
//   log_adapter SERVER COUNT RATE
// There are COUNT events already, as if a process before it had written them, and then RATE more a
// second. Who subscribes with a token gets the events behind it, others get all as a snapshot. Ends
// with SIGTERM. Output, for each subscription: sub ITEM FROM, its first event.
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
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

volatile std::sig_atomic_t ended = 0;

class EventLog : public DataProvider {
 public:
  explicit EventLog(std::uint64_t count) : count_(count) {}

  bool IsSnapshotAvailable(std::string_view) override { return true; }
  Status Subscribe(Subscription s) override {
    const std::lock_guard lock(mutex_);
    std::uint64_t last = 0;
    const bool resumes = s.Resume();
    if (resumes) {
      const std::string& token = s.resume_token();
      std::from_chars(token.data(), token.data() + token.size(), last);
    }
    std::printf("sub %s %llu\n", s.item().c_str(), static_cast<unsigned long long>(last + 1));
    std::fflush(stdout);
    while (last < count_) Send(s, ++last, !resumes);
    if (!resumes) {
      s.EndOfSnapshot();
      s.Checkpoint(std::to_string(count_));
    }
    items_.insert_or_assign(s.item(), std::move(s));
    return {};
  }
  Status Unsubscribe(std::string_view) override { return {}; }

  void Write() {
    const std::lock_guard lock(mutex_);
    ++count_;
    for (auto& [item, s] : items_) Send(s, count_, false);
  }

 private:
  static void Send(Subscription& s, std::uint64_t number, bool snapshot) {
    const std::string text = std::to_string(number);
    // Of a snapshot it would say that all of it is there.
    s.Update({{"n", text}}, {.snapshot = snapshot, .resume_token = snapshot ? "" : text});
  }

  std::mutex mutex_;
  std::uint64_t count_;
  std::map<std::string, Subscription> items_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::signal(SIGTERM, [](int) { ended = 1; });
  const auto log = std::make_shared<EventLog>(std::strtoull(argv[2], nullptr, 10));
  AdapterHost host(log, {.servers = {argv[1]}});
  if (!host.Start()) return 1;
  const std::chrono::duration<double> pause(1 / std::atof(argv[3]));
  while (ended == 0) {
    std::this_thread::sleep_for(pause);
    log->Write();
  }
  host.Stop();
  return 0;
}
