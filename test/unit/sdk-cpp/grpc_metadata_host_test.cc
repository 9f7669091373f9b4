// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A whole metadata host over gRPC, with a server that is played here.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fake_metadata.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/grpc_server.h"

namespace penstock::adapter {
namespace {

using std::chrono::milliseconds;

// Messages with the text "gate" wait.
class GatedMetadata : public FakeMetadata {
 public:
  Result<MessageProfile> UserMessage(const UserMessageRequest& request) override {
    auto profile = FakeMetadata::UserMessage(request);
    if (request.message == "gate") gate.Pass();
    return profile;
  }
  Result<std::vector<std::string>> Items(const ItemsRequest& request) override {
    journal.Add("items of " + request.data_adapter.value_or("(null)"));
    return FakeMetadata::Items(request);
  }

  Gate gate;
};

class GrpcMetadataHost : public ::testing::Test {
 protected:
  GrpcMetadataHost() {
    HostOptions options = OptionsFor(server_.endpoint("/DEMO"));
    options.listener = &listener_;
    options.worker_threads = 2;
    host_ = std::make_unique<AdapterHost>(provider_, options);
    EXPECT_TRUE(host_->Start().ok());
    call_ = server_.AcceptMetadata();
    OpenMetadata(call_.get());
  }
  ~GrpcMetadataHost() override {
    provider_->gate.Open();
    call_->End();
    host_->Stop(milliseconds(0));
  }

  void Say(pb::MetadataRequest request) {
    pb::MetadataServerMessage message;
    *message.mutable_request() = std::move(request);
    call_->Say(message);
  }
  // Asks and returns the answer.
  pb::MetadataAnswer Ask(pb::MetadataRequest request) {
    request.set_id(++last_id_);
    Say(std::move(request));
    const auto answer = call_->Hear().answer();
    EXPECT_EQ(answer.id(), last_id_);
    return answer;
  }
  pb::MetadataAnswer AskUser(const std::string& user) {
    pb::MetadataRequest request;
    request.mutable_notify_user()->set_user(user);
    return Ask(std::move(request));
  }
  pb::MetadataAnswer AskSession(const std::string& session) {
    pb::MetadataRequest request;
    request.mutable_notify_new_session()->set_session(session);
    request.mutable_notify_new_session()->set_remote_ip("10.0.0.1");
    return Ask(std::move(request));
  }
  pb::MetadataRequest Message(const std::string& text, const std::string& key = {}) {
    pb::MetadataRequest request;
    request.set_id(++last_id_);
    request.set_ordering_key(key);
    request.mutable_notify_user_message()->set_message(text);
    return request;
  }

  ScriptedGrpcServer server_;
  FakeListener listener_;
  std::shared_ptr<GatedMetadata> provider_ = std::make_shared<GatedMetadata>();
  std::unique_ptr<AdapterHost> host_;
  std::shared_ptr<MetadataCall> call_;
  uint64_t last_id_ = 0;
};

TEST_F(GrpcMetadataHost, AnswersUsers) {
  pb::MetadataRequest request;
  pb::NotifyUser& user = *request.mutable_notify_user();
  user.set_user("user1");
  user.set_password("p w");
  user.add_headers()->set_name("host");
  user.set_request_id("r1");
  const auto answer = Ask(request);
  EXPECT_EQ(answer.user().max_bandwidth_kbps(), 40.0);
  EXPECT_TRUE(answer.user().wants_tables());
  user.clear_password();
  user.mutable_certificate()->set_subject("CN=alice");
  Ask(request);
  user.clear_user();
  user.mutable_certificate()->clear_subject();
  Ask(request);
  EXPECT_EQ(provider_->journal.Next(), "user user1 p w - 2");
  EXPECT_EQ(provider_->journal.Next(), "user user1 (null) CN=alice 2");
  EXPECT_EQ(provider_->journal.Next(), "user (null) (null) (null) 2");
}

TEST_F(GrpcMetadataHost, AnswersRefusalsByKind) {
  EXPECT_EQ(AskUser("nobody").error().kind(), pb::Error::KIND_ACCESS);
  EXPECT_EQ(AskUser("nobody").error().message(), "no such user");
  EXPECT_EQ(AskUser("later").error().kind(), pb::Error::KIND_UNAVAILABLE);
  const pb::Error poor = AskUser("poor").error();
  EXPECT_EQ(poor.kind(), pb::Error::KIND_CREDITS);
  EXPECT_EQ(poor.client_code(), -5);
  EXPECT_EQ(poor.client_message(), "Too many | seats");
  EXPECT_EQ(AskUser("odd").error().client_code(), 0);
  EXPECT_EQ(AskUser("throws").error().kind(), pb::Error::KIND_UNSPECIFIED);
}

TEST_F(GrpcMetadataHost, AnswersSessions) {
  EXPECT_EQ(AskSession("S1").session().time_to_live_seconds(), 3600);
  const pb::Error conflict = AskSession("S2").error();
  EXPECT_EQ(conflict.kind(), pb::Error::KIND_CONFLICT);
  EXPECT_EQ(conflict.conflicting_session(), "S1");
  pb::MetadataRequest request;
  request.mutable_notify_session_close()->set_session("S1");
  EXPECT_TRUE(Ask(request).has_done());
  EXPECT_EQ(provider_->journal.Next(), "closed S1");
}

TEST_F(GrpcMetadataHost, AnswersSelectors) {
  pb::MetadataRequest request;
  pb::GetSelector& question = *request.mutable_get_selector();
  question.set_user("user1");
  question.set_group("g");
  question.set_schema("s");
  question.set_data_adapter("QUOTES");
  question.set_selector("big");
  const pb::Filter filter = Ask(request).selector().filter();
  EXPECT_EQ(provider_->journal.Next(), "selector user1 g s QUOTES");
  ASSERT_EQ(filter.any().filters_size(), 2);
  const pb::Filter::List& all = filter.any().filters(0).all();
  ASSERT_EQ(all.filters_size(), 2);
  EXPECT_EQ(all.filters(0).compare().field(), "size");
  EXPECT_EQ(all.filters(0).compare().relation(), pb::Filter::Comparison::OPERATOR_GREATER);
  EXPECT_EQ(all.filters(0).compare().number(), 9);
  const pb::Filter::Comparison& null = all.filters(1).negation().compare();
  EXPECT_EQ(null.relation(), pb::Filter::Comparison::OPERATOR_EQUAL);
  EXPECT_EQ(null.value_case(), pb::Filter::Comparison::VALUE_NOT_SET);
  EXPECT_EQ(filter.any().filters(1).compare().text(), "giant");
  question.set_selector("other");
  EXPECT_EQ(Ask(request).error().kind(), pb::Error::KIND_SELECTOR);
}

TEST_F(GrpcMetadataHost, AnswersItemsAndSchemas) {
  pb::MetadataRequest request;
  request.mutable_get_items()->set_group("a  b ");
  request.mutable_get_items()->set_data_adapter("QUOTES");
  const auto items = Ask(request);
  ASSERT_EQ(items.names().names_size(), 2);
  EXPECT_EQ(items.names().names(1), "b");
  EXPECT_EQ(provider_->journal.Next(), "items of QUOTES");
  request.mutable_get_items()->set_group("");
  EXPECT_TRUE(Ask(request).has_names());
  request.mutable_get_schema()->set_schema("bad");
  EXPECT_EQ(Ask(request).error().kind(), pb::Error::KIND_SCHEMA);
  request.mutable_get_item_data()->add_items("a");
  request.mutable_get_item_data()->add_items("b");
  request.mutable_get_item_data()->set_data_adapter("QUOTES");
  const auto data = Ask(request);
  ASSERT_EQ(data.item_data().items_size(), 2);
  EXPECT_EQ(data.item_data().items(0).modes_size(), 2);
  EXPECT_EQ(data.item_data().items(0).modes(1), pb::MODE_MERGE);
  EXPECT_EQ(data.item_data().items(0).distinct_snapshot_length(), 10u);
  EXPECT_EQ(data.item_data().items(1).modes_size(), 0);
  request.mutable_get_user_item_data()->set_user("u");
  request.mutable_get_user_item_data()->add_items("a");
  request.mutable_get_user_item_data()->set_data_adapter("NEWS");
  const auto user_data = Ask(request);
  ASSERT_EQ(user_data.user_item_data().items_size(), 1);
  EXPECT_EQ(user_data.user_item_data().items(0).modes_size(), 4);
  EXPECT_EQ(user_data.user_item_data().items(0).buffer_size(), 30u);
  EXPECT_EQ(user_data.user_item_data().items(0).max_frequency(), 2.5);
  ASSERT_TRUE(provider_->journal.SkipTo("item a QUOTES"));
  EXPECT_EQ(provider_->journal.Next(), "item b QUOTES");
  EXPECT_EQ(provider_->journal.Next(), "user item u a NEWS");
}

TEST_F(GrpcMetadataHost, AnswersMessagesAndTables) {
  EXPECT_EQ(Ask(Message("hello")).message().response(), "got hello");
  EXPECT_EQ(Ask(Message("bad")).error().kind(), pb::Error::KIND_NOTIFICATION);
  pb::MetadataRequest request;
  pb::Table& table = *request.mutable_notify_new_table()->mutable_table();
  table.set_win_index(1);
  table.set_mode(pb::MODE_MERGE);
  table.set_data_adapter("QUOTES");
  table.add_items("a");
  table.add_items("b");
  const auto profile = Ask(request);
  EXPECT_TRUE(profile.table().enable_unsubscription());
  EXPECT_TRUE(profile.table().wants_final_statistics());
  pb::Table closed = table;
  closed.add_statistics();
  closed.add_statistics()->set_filtered(7);
  *request.mutable_notify_table_close()->mutable_table() = closed;
  EXPECT_TRUE(Ask(request).has_done());
  EXPECT_TRUE(provider_->journal.SkipTo("tables 1 b QUOTES"));
  EXPECT_EQ(provider_->journal.Next(), "tables closed 7");
}

TEST_F(GrpcMetadataHost, SaysSoWhenItDoesNotKnowARequest) {
  pb::MetadataRequest request;
  EXPECT_TRUE(Ask(request).has_error());
}

// Two threads, and the first of three with the same key waits: what has another key overtakes.
TEST_F(GrpcMetadataHost, RequestsOfOneKeyRunInOrderAndOthersBesideThem) {
  Say(Message("gate", "one"));
  EXPECT_EQ(provider_->journal.Next(), "message gate");
  Say(Message("second", "one"));
  Say(Message("third", "one"));
  Say(Message("other", "two"));
  EXPECT_EQ(provider_->journal.Next(), "message other");
  EXPECT_EQ(call_->Hear().answer().id(), 4u);
  EXPECT_TRUE(provider_->journal.empty());
  provider_->gate.Open();
  for (uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(call_->Hear().answer().id(), id);
  EXPECT_EQ(provider_->journal.Next(), "message second");
  EXPECT_EQ(provider_->journal.Next(), "message third");
}

TEST_F(GrpcMetadataHost, WhatTheServerTakesBackIsNotShownToTheProvider) {
  Say(Message("gate", "key"));
  EXPECT_EQ(provider_->journal.Next(), "message gate");
  Say(Message("taken back", "key"));
  pb::MetadataServerMessage cancel;
  cancel.mutable_cancel()->set_id(last_id_);
  call_->Say(cancel);
  pb::MetadataRequest late = Message("too late", "key");
  late.set_timeout_millis(1);
  Say(late);
  // Ends are told in any case.
  pb::MetadataRequest end;
  end.set_id(++last_id_);
  end.set_ordering_key("key");
  end.set_timeout_millis(1);
  end.mutable_notify_session_close()->set_session("S1");
  Say(end);
  while (host_->counters().total.requests < 4) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(5));
  provider_->gate.Open();
  EXPECT_EQ(call_->Hear().answer().id(), 1u);
  EXPECT_EQ(call_->Hear().answer().id(), 4u);
  EXPECT_EQ(provider_->journal.Next(), "closed S1");
}

TEST_F(GrpcMetadataHost, EndsSessionsAndSubscriptions) {
  while (host_->state() != HostState::kReady) std::this_thread::yield();
  auto ended = host_->ForceSessionTermination("S1", -3, "go away");
  const auto first = call_->Hear().control();
  EXPECT_EQ(first.end_session().session(), "S1");
  EXPECT_EQ(first.end_session().cause().code(), -3);
  EXPECT_EQ(first.end_session().cause().message(), "go away");
  pb::MetadataServerMessage message;
  message.mutable_control_result()->set_id(first.id());
  message.mutable_control_result()->set_done(true);
  call_->Say(message);
  EXPECT_TRUE(ended.get().ok());

  auto refused = host_->ForceUnsubscription("S1", 4);
  const auto second = call_->Hear().control();
  EXPECT_EQ(second.end_subscription().win_index(), 4);
  message.mutable_control_result()->set_id(second.id());
  message.mutable_control_result()->set_done(false);
  call_->Say(message);
  const Result<bool> answer = refused.get();
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(*answer);

  auto failed = host_->ForceUnsubscription("S1", 5);
  message.mutable_control_result()->set_id(call_->Hear().control().id());
  message.mutable_control_result()->mutable_error()->set_message("stands by");
  call_->Say(message);
  EXPECT_EQ(failed.get().error().message(), "stands by");

  auto lost = host_->ForceSessionTermination("S1");
  EXPECT_FALSE(call_->Hear().control().end_session().has_cause());
  call_->End();
  EXPECT_FALSE(lost.get().ok());
}

}  // namespace
}  // namespace penstock::adapter
