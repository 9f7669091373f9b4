// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter_hub.h"
#include "adapters/client_control.h"
#include "adapters/courier.h"
#include "base/clock.h"
#include "kernel/event_router.h"
#include "kernel/item_registry.h"
#include "runtime/shard_pool.h"
#include "scripted_remote.h"

namespace penstock::test {

class SteppedClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  void Advance(Duration step) { now_ += step.count(); }

 private:
  std::atomic<Duration::rep> now_{Duration(std::chrono::hours(1)).count()};
};

// Clients that are ended on paper: what a Metadata Adapter asked, in order. Answers at once, by
// mail.
struct FakeClients final : adapters::ClientControl {
  explicit FakeClients(runtime::ShardPool& shards) : courier(shards) {}

  void EndSession(const std::string& adapter_set, std::string session_id, tlcp::Error cause,
                  absl::AnyInvocable<void()> done) override;
  void EndSubscription(const std::string& adapter_set, std::string session_id, int win_index,
                       absl::AnyInvocable<void(bool)> done) override;

  adapters::Courier courier;
  bool allows = true;              // what EndSubscription() answers
  std::vector<std::string> asked;  // "SET S1 -3 go away", "SET S1/1"
};

// A server without clients: shards that are turned by hand, the kernel, and the hub.
class TestHouse {
 public:
  explicit TestHouse(std::size_t shards = 1);
  ~TestHouse();

  // Filled by the test before Start().
  config::Settings settings;

  // One set "SET" with a data adapter "DATA", and a metadata adapter where wanted.
  config::DataAdapter& AddData();
  config::MetadataAdapter& AddMetadata();

  Status Start();
  void Turn();
  void Turns(int count) {
    for (int i = 0; i < count; ++i) Turn();
  }
  // Lets time pass and what is due happen.
  void Advance(Duration step);
  // Runs `work` on shard 0, as a session would.
  void OnShard(std::function<void()> work);

  adapters::AdapterHub& hub() { return *hub_; }
  adapters::ProxyStatus Proxy(std::size_t index = 0) { return hub_->Describe().at(index); }
  const adapters::ProxyCounters& counters(std::size_t index = 0) { return *Proxy(index).counters; }
  kernel::DataSource& data();
  session::MetadataPort& metadata() { return *hub_->adapter_sets().at(0).metadata; }

  std::unique_ptr<ScriptedRemote> Connect(std::uint16_t port);
  // Of proxy `index`, through the handshake.
  std::unique_ptr<ScriptedRemote> ConnectReady(std::size_t index = 0,
                                               std::string_view version = "1.9.1",
                                               std::string_view sdk = "Test");

  // Items, as subscribed on shard 0.
  void Attach(kernel::Subscriber* subscriber, std::string_view item);
  void Detach(kernel::Subscriber* subscriber);
  // What shard 0 knows of a field: its value, "#" for null, nothing when it was never told.
  std::optional<std::string> Value(const kernel::Subscriber& subscriber, std::string_view field);

  FakeClients& clients() { return clients_; }
  const std::vector<std::string>& fatal() const { return fatal_; }
  runtime::ShardPool& shards() { return *pool_; }

 private:
  config::AdapterSet& Set();

  SteppedClock clock_;
  std::unique_ptr<runtime::ShardPool> pool_;
  FakeClients clients_;
  kernel::FieldRegistry fields_{1000};
  std::vector<std::unique_ptr<kernel::ItemRegistry>> registries_;
  std::vector<std::unique_ptr<kernel::EventRouter>> routers_;
  std::vector<std::string> fatal_;
  std::unique_ptr<adapters::AdapterHub> hub_;
};

}  // namespace penstock::test
