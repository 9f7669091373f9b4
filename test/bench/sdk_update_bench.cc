// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What an update costs an adapter process: Subscription::Update() of ten fields of ten bytes, to
// one or two servers that read and drop. An iteration is an update; the CPU is that of the whole
// process: encoding, the writers' system calls, and the reading of the servers, which copies
// nothing.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/scripted_proxy.h"

namespace penstock::adapter {
namespace {

constexpr size_t kFields = 10;
constexpr size_t kValueBytes = 10;

class Feed : public DataProvider {
 public:
  Status Subscribe(Subscription subscription) override {
    subscription_.set_value(std::move(subscription));
    return {};
  }
  Status Unsubscribe(std::string_view) override { return {}; }
  Subscription Take() { return subscription_.get_future().get(); }

 private:
  std::promise<Subscription> subscription_;
};

// A server that has one item and drops what it hears.
class Drain {
 public:
  std::string server() const { return proxy_.server(); }
  void Open() {
    connection_ = std::make_unique<ProxyConnection>(proxy_.Accept());
    connection_->Hear();
    connection_->Say("1a|DPI|S|ARI.version|S|1.9.1");
    connection_->Hear();
    connection_->Say("2a|SUB|S|item");
    while (connection_->Hear() != "2a|SUB|V") {
    }
    reader_ = std::thread([fd = connection_->fd()] {
      // MSG_TRUNC on TCP: taken from the kernel without a copy.
      while (::recv(fd, nullptr, 1u << 20, MSG_TRUNC) > 0) {
      }
    });
  }
  ~Drain() {
    if (reader_.joinable()) reader_.join();
  }

 private:
  ScriptedProxy proxy_;
  std::unique_ptr<ProxyConnection> connection_;
  std::thread reader_;
};

void WriteDigits(uint64_t n, char* to) {
  for (size_t i = kValueBytes; i > 0; n /= 10) to[--i] = static_cast<char>('0' + n % 10);
}

void BM_Update(benchmark::State& state) {
  std::vector<std::unique_ptr<Drain>> drains;
  HostOptions options;
  for (int64_t i = 0; i < state.range(0); ++i) {
    drains.push_back(std::make_unique<Drain>());
    options.servers.push_back(drains.back()->server());
  }
  const auto feed = std::make_shared<Feed>();
  auto host = std::make_unique<AdapterHost>(feed, options);
  if (!host->Start()) return state.SkipWithError("the host did not start");
  for (const auto& drain : drains) drain->Open();
  Subscription subscription = feed->Take();

  std::array<std::string, kFields> names;
  std::array<std::array<char, kValueBytes>, kFields> values;
  std::array<Field, kFields> fields;
  for (size_t f = 0; f < kFields; ++f) {
    names[f] = "field" + std::to_string(f);
    fields[f] = {names[f], std::string_view(values[f].data(), kValueBytes)};
  }
  uint64_t updates = 0;
  for (auto _ : state) {
    ++updates;
    for (size_t f = 0; f < kFields; ++f) WriteDigits(updates * (f + 1), values[f].data());
    benchmark::DoNotOptimize(subscription.Update(fields));
  }
  state.SetItemsProcessed(static_cast<int64_t>(updates));
  host->Stop();
  host.reset();
}
BENCHMARK(BM_Update)->Arg(1)->Arg(2)->ArgName("servers")->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace penstock::adapter
