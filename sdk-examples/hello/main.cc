// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The smallest adapter: hello [ENDPOINT]. Each item greets whom its name says, and tells the time.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "penstock/adapter/adapter_host.h"

using namespace penstock::adapter;

std::string Now() {
  const std::time_t now = std::time(nullptr);
  char text[sizeof("HH:MM:SS")];
  std::strftime(text, sizeof(text), "%T", std::gmtime(&now));
  return text;
}

class Hello : public DataProvider {
 public:
  bool IsSnapshotAvailable(std::string_view) override { return true; }

  Status Subscribe(Subscription subscription) override {
    const std::string item = subscription.item();
    if (item == "nobody") return SubscriptionError{"there is nobody to greet"};
    const std::lock_guard lock(mutex_);
    subscription.Update({{"greeting", "Hello " + item}, {"time", Now()}}, true);
    open_.insert_or_assign(item, std::move(subscription));
    return {};
  }

  Status Unsubscribe(std::string_view item) override {
    const std::lock_guard lock(mutex_);
    open_.erase(std::string(item));
    return {};
  }

  void Tick() {
    const std::string now = Now();
    const std::lock_guard lock(mutex_);
    for (auto& [item, subscription] : open_) subscription.Update({{"time", now}});
  }

 private:
  std::mutex mutex_;  // calls come on the host's threads, ticks on ours
  std::map<std::string, Subscription> open_;
};

class Log : public HostListener {
  void OnState(std::string_view server, HostState state, std::string_view reason) override {
    std::fprintf(stderr, "%.*s: %s %.*s\n", int(server.size()), server.data(),
                 state == HostState::kReady ? "ready" : "not ready", int(reason.size()),
                 reason.data());
  }
};

volatile std::sig_atomic_t stopped = 0;

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGTERM, [](int) { stopped = 1; });
  Log log;
  const auto hello = std::make_shared<Hello>();
  const std::string server = argc > 1 ? argv[1] : "tcp://127.0.0.1:6661";
  AdapterHost host(hello, {.servers = {server}, .listener = &log});
  if (const Status started = host.Start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message().c_str());
    return 1;
  }
  while (!stopped) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    hello->Tick();
  }
  host.Stop();
}
