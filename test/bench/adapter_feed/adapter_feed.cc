// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A Data Adapter that publishes as fast as its connection takes it, for adapter_throughput.mjs:
//   adapter_feed SERVER ITEMS SECONDS [RATE]
// SERVER is an endpoint, as in HostOptions::servers. Once ITEMS items are subscribed it updates
// them in turn for SECONDS, ten fields of ten bytes each, and prints one line of JSON: the updates,
// the seconds, its own CPU seconds. With RATE no more than so many updates a second, of which the
// first field is the time of the monotonic clock, in microseconds.
#include <time.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "penstock/adapter/adapter_host.h"

namespace {

using namespace penstock::adapter;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kFields = 10;
constexpr std::size_t kValueBytes = 10;
constexpr std::uint64_t kUpdatesPerLook = 256;  // at the clock

class Feed : public DataProvider {
 public:
  explicit Feed(std::size_t items) : items_(items) {}

  Status Subscribe(Subscription subscription) override {
    const std::lock_guard lock(mutex_);
    subscriptions_.push_back(std::move(subscription));
    if (subscriptions_.size() == items_) complete_.notify_all();
    return {};
  }
  Status Unsubscribe(std::string_view) override { return {}; }

  std::vector<Subscription> TakeAll() {
    std::unique_lock lock(mutex_);
    complete_.wait(lock, [this] { return subscriptions_.size() == items_; });
    return std::move(subscriptions_);
  }

 private:
  const std::size_t items_;
  std::mutex mutex_;
  std::condition_variable complete_;
  std::vector<Subscription> subscriptions_;
};

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Writes the last digits of `n`.
void Digits(std::uint64_t n, char* to) {
  for (std::size_t i = kValueBytes; i > 0; n /= 10) to[--i] = static_cast<char>('0' + n % 10);
}

// The updates of a run at a given pace; the number of those that were taken.
std::uint64_t Pace(std::vector<Subscription>& subscriptions, std::span<Field> fields, char* time,
                   double seconds, double rate) {
  const auto start = Clock::now();
  const auto count = static_cast<std::uint64_t>(seconds * rate);
  std::uint64_t taken = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::chrono::duration<double> due(static_cast<double>(n) / rate);
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(due));
    const auto now = Clock::now().time_since_epoch();
    Digits(static_cast<std::uint64_t>(
               std::chrono::duration_cast<std::chrono::microseconds>(now).count()),
           time);
    taken += subscriptions[n % subscriptions.size()].Update(fields) == PushResult::kOk ? 1 : 0;
  }
  return taken;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string server = argv[1];
  const auto items = static_cast<std::size_t>(std::atoi(argv[2]));
  const double seconds = std::atof(argv[3]);
  const double rate = argc > 4 ? std::atof(argv[4]) : 0;

  const auto feed = std::make_shared<Feed>(items);
  AdapterHost host(feed, {.servers = {server}});
  if (!host.Start()) return 1;
  std::vector<Subscription> subscriptions = feed->TakeAll();

  std::array<std::string, kFields> names;
  std::array<std::array<char, kValueBytes>, kFields> values;
  std::array<Field, kFields> fields;
  for (std::size_t f = 0; f < kFields; ++f) {
    names[f] = "field" + std::to_string(f);
    Digits(f, values[f].data());
    fields[f] = {names[f], std::string_view(values[f].data(), kValueBytes)};
  }

  const double cpu = CpuSeconds();
  const auto start = Clock::now();
  const auto end =
      start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::uint64_t updates = 0;
  if (rate > 0) updates = Pace(subscriptions, fields, values[0].data(), seconds, rate);
  while (rate <= 0 && Clock::now() < end) {
    for (std::uint64_t i = 0; i < kUpdatesPerLook; ++i, ++updates) {
      for (std::size_t f = 0; f < kFields; ++f) Digits(updates * (f + 1), values[f].data());
      if (subscriptions[updates % items].Update(fields) != PushResult::kOk) return 1;
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("{\"updates\": %llu, \"seconds\": %.3f, \"cpu\": %.3f}\n",
              static_cast<unsigned long long>(updates), took, CpuSeconds() - cpu);
  std::fflush(stdout);
  host.Stop();
  return 0;
}
