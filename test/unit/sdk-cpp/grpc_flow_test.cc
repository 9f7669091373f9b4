// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What becomes of events when a gRPC server does not read, and how they are put together.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/grpc_server.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaxQueued = 200000;

// "snap merge" is declared as MERGE.
class DeclaringData : public FakeData {
 public:
  StateRule RuleOf(std::string_view item) override {
    if (item == "snap merge") return {StateRule::Kind::kMerge};
    return FakeData::RuleOf(item);
  }
};

class GrpcFlow : public ::testing::Test {
 protected:
  ~GrpcFlow() override {
    call_->End();
    host_->Stop(milliseconds(0));
  }
  Subscription& Start(HostOptions options, const std::string& item) {
    options.max_queued_bytes = kMaxQueued;
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    EXPECT_TRUE(host_->Start().ok());
    call_ = server_.AcceptData();
    OpenData(call_.get());
    Subscribe(call_.get(), 1, item);
    call_->Hear();
    return provider_->handle(item);
  }
  HostOptions Options(QueuePolicy policy) const {
    HostOptions options = OptionsFor(server_.endpoint("/DEMO/QUOTES"));
    options.queue_policy = policy;
    return options;
  }
  ServerCounters counters() const { return host_->counters().total; }
  // Hears updates up to the one whose first field is `value`; how many they are.
  uint64_t HearUpTo(const std::string& value) {
    uint64_t heard = 0;
    while (true) {
      const auto message = call_->Hear();
      if (!message.has_events()) {
        ADD_FAILURE() << "another message than of events";
        return heard;
      }
      for (const pb::Event& event : message.events().events()) {
        ++heard;
        if (event.update().fields(0).text() == value) return heard;
      }
    }
  }

  const std::string big_ = std::string(10000, 'x');
  ScriptedGrpcServer server_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<DeclaringData>();
  std::unique_ptr<AdapterHost> host_;
  std::shared_ptr<DataCall> call_;
};

TEST_F(GrpcFlow, EventsThatWaitGoOutTogether) {
  Subscription& s = Start(Options(QueuePolicy::kRefuse), "snap");
  int sent = 0;
  while (sent < 100000 &&
         s.Update({{"n", std::to_string(sent)}, {"x", "12345"}}) == PushResult::kOk) {
    ++sent;
  }
  int heard = 0;
  int messages = 0;
  size_t biggest = 0;
  while (heard < sent) {
    const auto message = call_->Hear();
    ASSERT_TRUE(message.has_events());
    for (const pb::Event& event : message.events().events()) {
      ASSERT_EQ(event.update().fields(0).text(), std::to_string(heard++));
    }
    biggest = std::max(biggest, message.ByteSizeLong());
    ++messages;
  }
  EXPECT_LT(messages * 10, sent);
  EXPECT_GT(biggest, size_t{32} << 10);
  EXPECT_LE(biggest, (size_t{64} << 10) + 100);
}

TEST_F(GrpcFlow, AServerThatDoesNotReadMakesUpdatesBeRefused) {
  Subscription& s = Start(Options(QueuePolicy::kRefuse), "snap");
  uint64_t sent = 0;
  while (sent < 100000 && s.Update({{"n", std::to_string(sent)}, {"x", big_}}) == PushResult::kOk) {
    ++sent;
  }
  // It was the queue that was full, and what gRPC takes besides is not much.
  ASSERT_LT(sent, 1000u);
  EXPECT_LE(counters().queued_bytes, kMaxQueued + big_.size() + 1000);
  EXPECT_EQ(host_->counters().events_refused, 1u);
  EXPECT_EQ(HearUpTo(std::to_string(sent - 1)), sent);
  // There is room again.
  while (s.Update({{"n", "last"}}) != PushResult::kOk) std::this_thread::yield();
  EXPECT_EQ(HearUpTo("last"), 1u);
}

TEST_F(GrpcFlow, AServerThatDoesNotReadHoldsTheProviderUp) {
  Subscription& s = Start(Options(QueuePolicy::kBlock), "snap");
  std::atomic<bool> done{false};
  std::thread feed([&] {
    for (int n = 0; n < 2000; ++n) s.Update({{"n", std::to_string(n)}, {"x", big_}});
    done = true;
  });
  while (host_->counters().events_blocked == 0) std::this_thread::yield();
  EXPECT_FALSE(done);
  EXPECT_LE(counters().queued_bytes, kMaxQueued + big_.size() + 1000);
  EXPECT_EQ(HearUpTo("1999"), 2000u);
  feed.join();
}

TEST_F(GrpcFlow, AServerThatDoesNotReadIsToldTheNewestValuesLater) {
  Subscription& s = Start(Options(QueuePolicy::kConflate), "snap merge");
  for (int n = 0; n < 2000; ++n) {
    EXPECT_EQ(s.Update({{"n", std::to_string(n)}, {"x", big_}}), PushResult::kOk);
  }
  EXPECT_EQ(s.Update({{"n", "last"}}), PushResult::kOk);
  const ServerCounters full = counters();
  EXPECT_EQ(full.events + full.conflated, 2001u);
  EXPECT_GT(full.conflated, 1000u);
  EXPECT_LT(HearUpTo("last"), 1000u);
}

TEST_F(GrpcFlow, AStalledServerLetsGoAtStop) {
  Subscription& s = Start(Options(QueuePolicy::kBlock), "snap");
  std::thread feed([&] {
    while (s.Update({{"x", big_}}) == PushResult::kOk) {
    }
  });
  while (host_->counters().events_blocked == 0) std::this_thread::yield();
  host_->Stop(milliseconds(100));
  feed.join();
}

// One provider, a server for each transport: both are told the same.
TEST(TwoTransports, AServerOfEachIsToldTheSame) {
  ScriptedGrpcServer modern;
  ScriptedProxy classic;
  const auto provider = std::make_shared<FakeData>();
  HostOptions options = OptionsFor(modern.endpoint("/DEMO/QUOTES"));
  options.servers.push_back(classic.server());
  AdapterHost host(provider, options);
  ASSERT_TRUE(host.Start().ok());
  const auto call = modern.AcceptData();
  OpenData(call.get());
  ProxyConnection connection = classic.Accept();
  OpenData(&connection);
  Subscribe(call.get(), 1, "snap");
  call->Hear();
  Subscription& s = provider->handle("snap");
  EXPECT_EQ(s.Update({{"last", "12"}, {"none", std::nullopt}}, true), PushResult::kOk);
  // The one that comes later gets the kept state.
  connection.Say("2a|SUB|S|snap");
  EXPECT_EQ(connection.HearEvent(), "UD3|S|snap|S|2a|B|1|S|last|S|12|S|none|S|#");
  EXPECT_EQ(s.Update({{"last", "13"}}), PushResult::kOk);
  const auto events = HearEvents(call.get(), 2);
  EXPECT_EQ(events.events(0).update().fields_size(), 2);
  EXPECT_EQ(events.events(1).update().fields(0).text(), "13");
  // The answer may come before or behind the event.
  std::string event = connection.HearEvent();
  if (event == "SUB|V") event = connection.HearEvent();
  EXPECT_EQ(event, "UD3|S|snap|S|2a|B|0|S|last|S|13");
  call->End();
  host.Stop(milliseconds(0));
}

}  // namespace
}  // namespace penstock::adapter
