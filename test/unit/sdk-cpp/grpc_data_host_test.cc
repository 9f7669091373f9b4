// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A whole data host over gRPC, with a server that is played here.
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/grpc_server.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kPath = "/DEMO/QUOTES";

class GrpcDataHost : public ::testing::Test {
 protected:
  ~GrpcDataHost() override {
    if (call_ != nullptr) call_->End();
    if (host_ != nullptr) host_->Stop(milliseconds(0));
  }
  void Start(HostOptions options) {
    options.listener = &listener_;
    host_ = std::make_unique<AdapterHost>(provider_, std::move(options));
    const Status started = host_->Start();
    ASSERT_TRUE(started.ok()) << started.error().message();
  }
  void Start() { Start(OptionsFor(server_.endpoint(kPath))); }
  void Open() {
    Start();
    call_ = server_.AcceptData();
    ASSERT_NE(call_, nullptr);
    OpenData(call_.get());
  }
  // Subscribes an item that has a snapshot, so that nothing but the answer comes.
  Subscription& Take(uint64_t subscription, const std::string& item) {
    Subscribe(call_.get(), subscription, item);
    const auto answer = call_->Hear();
    EXPECT_EQ(answer.subscribe_result().subscription(), subscription);
    EXPECT_FALSE(answer.subscribe_result().has_error());
    return provider_->handle(item);
  }

  ScriptedGrpcServer server_;
  FakeListener listener_;
  std::shared_ptr<FakeData> provider_ = std::make_shared<FakeData>();
  std::unique_ptr<AdapterHost> host_;
  std::shared_ptr<DataCall> call_;
};

TEST_F(GrpcDataHost, SaysHelloAndAnswersInit) {
  HostOptions options = OptionsFor(server_.endpoint("/D%2FEMO/QU%20OTES"));
  options.params = {{"note", "mine"}};
  Start(options);
  call_ = server_.AcceptData();
  ASSERT_NE(call_, nullptr);
  const auto hello = call_->Hear().hello();
  EXPECT_EQ(hello.adapter_set(), "D/EMO");
  EXPECT_EQ(hello.data_adapter(), "QU OTES");
  EXPECT_EQ(hello.sdk(), "Penstock C++ SDK");
  EXPECT_NE(hello.sdk_version(), "");
  EXPECT_TRUE(hello.instance_id().ends_with('/' + std::to_string(::getpid())));
  EXPECT_EQ(call_->authorization, "");
  pb::DataServerMessage message;
  message.mutable_init()->set_adapter_set("DEMO");
  message.mutable_init()->set_data_adapter("QUOTES");
  message.mutable_init()->set_server_instance_id("server 1");
  message.mutable_init()->set_proxy_instance_id("proxy 1");
  (*message.mutable_init()->mutable_params())["note"] = "the server's";
  (*message.mutable_init()->mutable_params())["feed"] = "x";
  call_->Say(message);
  EXPECT_TRUE(call_->Hear().has_init_done());
  EXPECT_EQ(provider_->params, (Params{{"feed", "x"},
                                       {"note", "mine"},
                                       {"adapters_conf.id", "DEMO"},
                                       {"data_provider.name", "QUOTES"},
                                       {"server.instance_id", "server 1"},
                                       {"proxy.instance_id", "proxy 1"}}));
  EXPECT_TRUE(listener_.states.SkipTo("init "));
  EXPECT_TRUE(listener_.states.SkipTo("ready "));
}

TEST_F(GrpcDataHost, SendsAPasswordWithoutAUserAsABearerToken) {
  HostOptions options = OptionsFor(server_.endpoint(kPath));
  options.password = "s3cret";
  Start(options);
  call_ = server_.AcceptData();
  EXPECT_EQ(call_->authorization, "Bearer s3cret");
}

TEST_F(GrpcDataHost, SendsUserAndPasswordAsBasicCredentials) {
  HostOptions options = OptionsFor(server_.endpoint(kPath));
  options.user = "Aladdin";
  options.password = "open sesame";
  Start(options);
  call_ = server_.AcceptData();
  EXPECT_EQ(call_->authorization, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

TEST_F(GrpcDataHost, SendsEndOfSnapshotFirstWhenThereIsNone) {
  Open();
  Subscribe(call_.get(), 7, "plain");
  const auto events = HearEvents(call_.get(), 1);
  EXPECT_EQ(events.events(0).subscription(), 7u);
  EXPECT_TRUE(events.events(0).has_end_of_snapshot());
  EXPECT_EQ(call_->Hear().subscribe_result().subscription(), 7u);
}

TEST_F(GrpcDataHost, SaysAFieldsNameOnceAndItsNumberEverAfter) {
  Open();
  Subscription& s = Take(1, "snap");
  EXPECT_EQ(s.Update({{"last", "12"}, {"none", std::nullopt}, {"e", ""}}, true), PushResult::kOk);
  const auto first = HearEvents(call_.get(), 1);
  ASSERT_EQ(first.new_fields_size(), 3);
  EXPECT_EQ(first.new_fields(0), "last");
  EXPECT_EQ(first.new_fields(2), "e");
  ASSERT_EQ(first.events_size(), 1);
  const pb::Update& update = first.events(0).update();
  EXPECT_TRUE(update.is_snapshot());
  ASSERT_EQ(update.fields_size(), 3);
  EXPECT_EQ(update.fields(0).field(), 1u);
  EXPECT_EQ(update.fields(0).text(), "12");
  EXPECT_TRUE(update.fields(1).has_null());
  EXPECT_TRUE(update.fields(2).has_text());

  EXPECT_EQ(s.Update({{"e", "x"}, {"new", "\xe9"}, {"last", "13"}}), PushResult::kOk);
  const auto second = HearEvents(call_.get(), 1);
  ASSERT_EQ(second.new_fields_size(), 1);
  EXPECT_EQ(second.new_fields(0), "new");
  const pb::Update& more = second.events(0).update();
  EXPECT_FALSE(more.is_snapshot());
  ASSERT_EQ(more.fields_size(), 3);
  EXPECT_EQ(more.fields(0).field(), 3u);
  EXPECT_EQ(more.fields(1).field(), 4u);
  // What is not UTF-8 cannot be a text.
  EXPECT_EQ(more.fields(1).binary(), "\xe9");
  EXPECT_EQ(more.fields(2).field(), 1u);
}

TEST_F(GrpcDataHost, CarriesWhatHappensToAnItemAsAWhole) {
  Open();
  Subscription& s = Take(1, "snap");
  const FieldDiffOrder order[] = {
      {"last", {DiffAlgorithm::kJsonPatch, DiffAlgorithm::kDiffMatchPatch}}, {"x", {}}};
  EXPECT_EQ(s.DeclareDiffOrder(order), PushResult::kOk);
  const auto declared = HearEvents(call_.get(), 1);
  EXPECT_EQ(declared.new_fields_size(), 2);
  const pb::DiffOrder& diff = declared.events(0).diff_order();
  ASSERT_EQ(diff.fields_size(), 2);
  EXPECT_EQ(diff.fields(0).algorithms_size(), 2);
  EXPECT_EQ(diff.fields(0).algorithms(0), pb::FieldDiff::ALGORITHM_JSON_PATCH);
  EXPECT_EQ(diff.fields(1).algorithms_size(), 0);
  EXPECT_EQ(s.EndOfSnapshot(), PushResult::kOk);
  EXPECT_TRUE(HearEvents(call_.get(), 1).events(0).has_end_of_snapshot());
  EXPECT_EQ(s.ClearSnapshot(), PushResult::kOk);
  EXPECT_TRUE(HearEvents(call_.get(), 1).events(0).has_clear_snapshot());
}

TEST_F(GrpcDataHost, AnswersRefusalsByKind) {
  Open();
  const auto ask = [&](uint64_t subscription, const std::string& item) {
    Subscribe(call_.get(), subscription, item);
    while (true) {
      auto message = call_->Hear();
      if (!message.has_events()) return message.subscribe_result().error();
    }
  };
  EXPECT_EQ(ask(1, "bad").kind(), pb::Error::KIND_SUBSCRIPTION);
  const pb::Error fatal = ask(2, "fatal");
  EXPECT_EQ(fatal.kind(), pb::Error::KIND_FATAL);
  EXPECT_EQ(fatal.message(), "lost");
  EXPECT_EQ(ask(3, "throws").kind(), pb::Error::KIND_UNSPECIFIED);
}

TEST_F(GrpcDataHost, UnsubscribesAndAnswers) {
  Open();
  Subscription& s = Take(1, "snap");
  Unsubscribe(call_.get(), 1, "snap");
  EXPECT_EQ(call_->Hear().unsubscribe_result().subscription(), 1u);
  EXPECT_EQ(s.Update({{"last", "1"}}), PushResult::kClosed);
}

TEST_F(GrpcDataHost, RefusesTheInit) {
  provider_->refuse_init = true;
  Start();
  call_ = server_.AcceptData();
  call_->Hear();
  pb::DataServerMessage message;
  message.mutable_init();
  call_->Say(message);
  const auto answer = call_->Hear();
  EXPECT_EQ(answer.init_failed().kind(), pb::Error::KIND_INIT);
  EXPECT_EQ(answer.init_failed().message(), "not today");
  call_->End({grpc::StatusCode::FAILED_PRECONDITION, "as you say"});
  EXPECT_TRUE(listener_.states.SkipTo("connecting init refused: not today"));
}

TEST_F(GrpcDataHost, ComesAgainWhenTheStreamEndsAndTellsWhy) {
  Open();
  Subscription& s = Take(1, "snap");
  call_->End({grpc::StatusCode::UNAVAILABLE, "the server stops"});
  EXPECT_TRUE(listener_.states.SkipTo("connecting UNAVAILABLE: the server stops"));
  EXPECT_TRUE(provider_->journal.SkipTo("usb snap"));
  EXPECT_FALSE(s.is_open());
  call_ = server_.AcceptData();
  ASSERT_NE(call_, nullptr);
  OpenData(call_.get());
  Take(2, "snap").Update({{"last", "1"}});
  // A new stream knows no names.
  EXPECT_EQ(HearEvents(call_.get(), 1).new_fields_size(), 1);
}

TEST_F(GrpcDataHost, TellsTheServersGoodbye) {
  Open();
  pb::DataServerMessage message;
  message.mutable_goodbye()->set_reason("moving house");
  call_->Say(message);
  call_->End();
  EXPECT_TRUE(listener_.states.SkipTo("connecting moving house"));
}

TEST_F(GrpcDataHost, StopSaysGoodbyeBehindAllEvents) {
  Open();
  Subscription& s = Take(1, "snap");
  EXPECT_EQ(s.Update({{"last", "1"}}), PushResult::kOk);
  std::thread stop([&] { host_->Stop(); });
  EXPECT_EQ(HearEvents(call_.get(), 1).events(0).update().fields(0).text(), "1");
  EXPECT_TRUE(call_->Hear().has_goodbye());
  // What the server had asked before it knew is answered.
  Subscribe(call_.get(), 2, "snap late");
  EXPECT_EQ(call_->Hear().subscribe_result().subscription(), 2u);
  call_->End();
  stop.join();
  EXPECT_TRUE(listener_.states.SkipTo("stopped stopped"));
  EXPECT_FALSE(s.is_open());
}

TEST_F(GrpcDataHost, StopWaitsForAServerNoLongerThanItMay) {
  Open();
  const auto before = std::chrono::steady_clock::now();
  host_->Stop(milliseconds(200));
  const auto time = std::chrono::steady_clock::now() - before;
  EXPECT_GE(time, milliseconds(150));
  EXPECT_LT(time, milliseconds(5000));
}

TEST_F(GrpcDataHost, FailTellsTheServer) {
  Open();
  while (host_->state() != HostState::kReady) std::this_thread::yield();
  EXPECT_TRUE(host_->Fail("the feed is gone").ok());
  EXPECT_EQ(call_->Hear().failure().message(), "the feed is gone");
}

TEST_F(GrpcDataHost, ASecondInitEndsTheStream) {
  Open();
  pb::DataServerMessage message;
  message.mutable_init();
  call_->Say(message);
  EXPECT_TRUE(listener_.states.SkipTo("connecting protocol error of the server: a second init"));
}

TEST_F(GrpcDataHost, TakesAStreamThatBeginsOtherwiseForAnError) {
  Start();
  call_ = server_.AcceptData();
  pb::DataServerMessage message;
  message.mutable_role()->set_active(true);
  call_->Say(message);
  EXPECT_TRUE(listener_.states.SkipTo(
      "connecting protocol error of the server: a message before its init"));
}

TEST_F(GrpcDataHost, WaitsForTheInitNoLongerThanItMay) {
  HostOptions options = OptionsFor(server_.endpoint(kPath));
  options.connect_timeout = milliseconds(50);
  Start(options);
  EXPECT_TRUE(listener_.states.SkipTo("connecting the server sent no init in time"));
}

TEST_F(GrpcDataHost, ANobodyAtThePortIsTold) {
  const int port = server_.port();
  server_.Stop();
  HostOptions options = OptionsFor("grpc://127.0.0.1:" + std::to_string(port) + "/DEMO/QUOTES");
  Start(options);
  EXPECT_EQ(listener_.states.Next(), "connecting started");
  const std::string why = listener_.states.Next();
  EXPECT_NE(why.find("connecting UNAVAILABLE: "), std::string::npos) << why;
  EXPECT_NE(why.find("refused"), std::string::npos) << why;
}

TEST(GrpcOptions, AHostThatIsNamedOtherwiseThanItsKindDoesNotStart) {
  HostOptions options;
  options.servers = {"grpc://127.0.0.1:1/DEMO"};
  AdapterHost data(std::make_shared<FakeData>(), options);
  EXPECT_FALSE(data.Start().ok());
  options.servers = {"grpc://127.0.0.1:1/DEMO/QUOTES"};
  AdapterHost metadata(std::make_shared<MetadataProvider>(), options);
  EXPECT_FALSE(metadata.Start().ok());
  options.user = "feed";
  AdapterHost half(std::make_shared<FakeData>(), options);
  EXPECT_FALSE(half.Start().ok());
}

}  // namespace
}  // namespace penstock::adapter
