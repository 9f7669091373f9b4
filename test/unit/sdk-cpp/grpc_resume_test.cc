// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Resume tokens: what the provider gives, and what it makes of one that it gets back.
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

// Goes on behind each token, unless it is "old". Items: "snap..." have a snapshot, "late" goes on
// only behind an event, "refused" fails when it has gone on, "snap merge" is declared as MERGE.
class ResumingData : public FakeData {
 public:
  StateRule RuleOf(std::string_view item) override {
    if (item == "snap merge") return {StateRule::Kind::kMerge};
    return FakeData::RuleOf(item);
  }
  Status Subscribe(Subscription s) override {
    const std::string item = s.item();
    const std::string token = s.resume_token();
    if (item == "late") s.Update({{"n", "0"}});
    const bool resumes = token != "old" && s.Resume();
    journal.Add((resumes ? "on behind " : "anew, not behind ") + token);
    EXPECT_FALSE(resumes && s.Resume());
    if (resumes) s.Update({{"n", "1"}}, true);
    if (item == "refused") return SubscriptionError{"no"};
    return FakeData::Subscribe(std::move(s));
  }
};

class GrpcResume : public ::testing::Test {
 protected:
  ~GrpcResume() override {
    call_->End();
    host_->Stop(milliseconds(0));
  }
  void Start(HostOptions options) {
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    ASSERT_TRUE(host_->Start().ok());
    Accept();
  }
  void Start() { Start(OptionsFor(server_.endpoint("/DEMO/QUOTES"))); }
  void Accept() {
    call_ = server_.AcceptData();
    ASSERT_NE(call_, nullptr);
    OpenData(call_.get());
  }
  void Ask(uint64_t subscription, const std::string& item, const std::string& token) {
    pb::DataServerMessage message;
    message.mutable_subscribe()->set_item(item);
    message.mutable_subscribe()->set_subscription(subscription);
    message.mutable_subscribe()->set_resume_token(token);
    call_->Say(message);
  }
  pb::SubscribeResult HearResult() { return call_->Hear().subscribe_result(); }
  pb::Event HearEvent() { return HearEvents(call_.get(), 1).events(0); }

  ScriptedGrpcServer server_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<ResumingData>();
  std::unique_ptr<AdapterHost> host_;
  std::shared_ptr<DataCall> call_;
};

TEST_F(GrpcResume, AnswersBeforeTheFirstEventAndOnlyOnce) {
  Start();
  for (const char* item : {"snap", "plain"}) {
    Ask(1, item, "behind 7");
    const auto result = HearResult();
    EXPECT_EQ(result.subscription(), 1u);
    EXPECT_EQ(result.snapshot(), pb::SubscribeResult::SNAPSHOT_RESUMED);
    EXPECT_EQ(HearEvent().update().fields(0).text(), "1");
    EXPECT_TRUE(provider_->journal.SkipTo("on behind behind 7"));
    // Nothing else: neither another answer nor an end of a snapshot.
    Unsubscribe(call_.get(), 1, item);
    EXPECT_TRUE(call_->Hear().has_unsubscribe_result());
    EXPECT_TRUE(provider_->journal.SkipTo(std::string("usb ") + item));
  }
}

TEST_F(GrpcResume, WhoDoesNotGoOnBeginsAnew) {
  Start();
  Ask(1, "plain", "old");
  EXPECT_TRUE(HearEvent().has_end_of_snapshot());
  EXPECT_EQ(HearResult().snapshot(), pb::SubscribeResult::SNAPSHOT_FOLLOWS);
  EXPECT_TRUE(provider_->journal.SkipTo("anew, not behind old"));
}

TEST_F(GrpcResume, IsTooLateBehindAnEvent) {
  Start();
  Ask(1, "late", "behind 7");
  const auto events = HearEvents(call_.get(), 2);
  EXPECT_TRUE(events.events(0).has_end_of_snapshot());
  EXPECT_EQ(events.events(1).update().fields(0).text(), "0");
  EXPECT_EQ(HearResult().snapshot(), pb::SubscribeResult::SNAPSHOT_FOLLOWS);
  EXPECT_TRUE(provider_->journal.SkipTo("anew, not behind behind 7"));
}

TEST_F(GrpcResume, NeedsAToken) {
  Start();
  Ask(1, "snap", "");
  EXPECT_EQ(HearResult().snapshot(), pb::SubscribeResult::SNAPSHOT_FOLLOWS);
  EXPECT_TRUE(provider_->journal.SkipTo("anew, not behind "));
  EXPECT_FALSE(provider_->handle("snap").Resume());
}

TEST_F(GrpcResume, AnErrorBehindItStillCounts) {
  Start();
  Ask(1, "refused", "behind 7");
  EXPECT_FALSE(HearResult().has_error());
  HearEvent();
  EXPECT_EQ(HearResult().error().kind(), pb::Error::KIND_SUBSCRIPTION);
}

TEST_F(GrpcResume, UpdatesAndCheckpointsBearTokens) {
  Start();
  Ask(1, "snap", "");
  HearResult();
  Subscription& s = provider_->handle("snap");
  EXPECT_EQ(s.Update({{"n", "1"}}, {.resume_token = "behind 1"}), PushResult::kOk);
  EXPECT_EQ(s.Update({{"n", "2"}}), PushResult::kOk);
  EXPECT_EQ(s.Checkpoint("behind 2"), PushResult::kOk);
  EXPECT_EQ(s.Checkpoint(""), PushResult::kOk);
  EXPECT_EQ(s.EndOfSnapshot(), PushResult::kOk);
  const auto events = HearEvents(call_.get(), 4);
  EXPECT_EQ(events.events(0).resume_token(), "behind 1");
  EXPECT_EQ(events.events(0).update().fields_size(), 1);
  EXPECT_EQ(events.events(1).resume_token(), "");
  EXPECT_EQ(events.events(2).resume_token(), "behind 2");
  EXPECT_EQ(events.events(2).subscription(), 1u);
  EXPECT_EQ(events.events(2).kind_case(), pb::Event::KIND_NOT_SET);
  EXPECT_TRUE(events.events(3).has_end_of_snapshot());
}

// What was merged has the last token, behind all of it.
TEST_F(GrpcResume, AServerThatCatchesUpIsToldTheLastToken) {
  HostOptions options = OptionsFor(server_.endpoint("/DEMO/QUOTES"));
  options.queue_policy = QueuePolicy::kConflate;
  options.max_queued_bytes = 100000;
  Start(options);
  Ask(1, "snap merge", "");
  HearResult();
  Subscription& s = provider_->handle("snap merge");
  const std::string big(10000, 'x');
  for (int n = 0; n < 2000; ++n) {
    const std::string text = std::to_string(n);
    ASSERT_EQ(s.Update({{"n", text}, {"x", big}}, {.resume_token = text}), PushResult::kOk);
  }
  EXPECT_EQ(s.Update({{"n", "last"}}, {.resume_token = "behind last"}), PushResult::kOk);
  EXPECT_GT(host_->counters().total.conflated, 1000u);
  std::string told;
  pb::Event event;
  while (event.resume_token() != "behind last") {
    const auto message = call_->Hear();
    ASSERT_TRUE(message.has_events());
    for (const pb::Event& one : message.events().events()) {
      if (one.has_update()) told = one.update().fields(0).text();
      event = one;
    }
  }
  EXPECT_EQ(told, "last");
  EXPECT_EQ(event.kind_case(), pb::Event::KIND_NOT_SET);
}

TEST_F(GrpcResume, ANewConnectionOfTheSameServerGoesOn) {
  Start();
  Ask(1, "snap", "");
  HearResult();
  call_->End({grpc::StatusCode::UNAVAILABLE, "moving"});
  EXPECT_TRUE(provider_->journal.SkipTo("usb snap"));
  Accept();
  Ask(2, "snap", "behind 1");
  EXPECT_EQ(HearResult().snapshot(), pb::SubscribeResult::SNAPSHOT_RESUMED);
}

// Each of them would lack something else.
TEST_F(GrpcResume, AHostWithSeveralServersIsShownNoToken) {
  HostOptions options = OptionsFor(server_.endpoint("/DEMO/QUOTES"));
  options.servers.push_back("tcp://127.0.0.1:1");
  Start(options);
  Ask(1, "snap", "behind 7");
  EXPECT_EQ(HearResult().snapshot(), pb::SubscribeResult::SNAPSHOT_FOLLOWS);
  EXPECT_TRUE(provider_->journal.SkipTo("anew, not behind "));
}

TEST(Resume, IsNothingThatAriHas) {
  ScriptedProxy proxy;
  const auto provider = std::make_shared<ResumingData>();
  AdapterHost host(provider, OptionsFor(proxy));
  ASSERT_TRUE(host.Start().ok());
  ProxyConnection connection = proxy.Accept();
  OpenData(&connection);
  connection.Say("2a|SUB|S|snap");
  EXPECT_EQ(connection.Hear(), "2a|SUB|V");
  EXPECT_TRUE(provider->journal.SkipTo("anew, not behind "));
  Subscription& s = provider->handle("snap");
  EXPECT_EQ(s.Checkpoint("behind 0"), PushResult::kOk);
  EXPECT_EQ(s.Update({{"n", "1"}}, {.snapshot = true, .resume_token = "behind 1"}),
            PushResult::kOk);
  EXPECT_EQ(connection.HearEvent(), "UD3|S|snap|S|2a|B|1|S|n|S|1");
}

}  // namespace
}  // namespace penstock::adapter
