// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "metadata_proxy_test.h"

#include <chrono>

namespace penstock::adapters {
namespace {

using std::chrono::seconds;
using test::BodyOf;
using test::IdOf;
using test::MetadataProxyTest;

TEST_F(MetadataProxyTest, InitIsMpi) {
  Start();
  EXPECT_EQ(BodyOf(house_.Connect(house_.Proxy().port)->Next()),
            "MPI|S|ARI.version|S|1.9.1|S|keepalive_hint.millis|S|-1|S|adapters_conf.id|S|SET|S|"
            "server.instance_id|S|srv1|S|proxy.instance_id|S|srv1.SET");
}

// --- Sessions

// A10
TEST_F(MetadataProxyTest, OpensASessionWithUserThenSession) {
  StartReady();
  Open();
  EXPECT_EQ(Next(), "NUS|S|user1|S|#|S|host|S|www|S|REQUEST_ID|S|42");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NUS|D|40.5|B|1");
  const std::string nns = Next();
  EXPECT_EQ(nns.substr(0, 40), "NNS|S|user1|S|S1|S|REMOTE_IP|S|10.0.0.1|");
  EXPECT_NE(nns.find("|S|REQUEST_ID|S|42"), std::string::npos);
  Reply("NNS|I|3600");
  const auto grant = std::get<session::OpenGrant>(opened_.value());
  EXPECT_EQ(grant.max_bandwidth_kbps, 40.5);
  EXPECT_TRUE(grant.wants_tables);
  EXPECT_EQ(grant.time_to_live, seconds(3600));
}

// A10
TEST_F(MetadataProxyTest, AConflictIsToldWithWhatIsKnownSoFarAndThenOnlyTheSessionIsAskedFor) {
  StartReady();
  Open();
  Next();
  Reply("NUS|D|40.5|B|1");
  Next();
  Reply("NNS|EX|dup|-7|other session open|S9");
  const auto grant = std::get<session::OpenGrant>(opened_.value());
  ASSERT_NE(grant.conflict, nullptr);
  EXPECT_EQ(grant.conflict->session_id, "S9");
  EXPECT_EQ(grant.conflict->refusal.code, -7);
  EXPECT_EQ(grant.conflict->refusal.message, "other session open");
  house_.OnShard([&] {
    session::OpenQuery query;
    query.session_id = "S2";
    query.request_id = "42";
    query.user = "user1";
    query.grant = grant;
    house_.metadata().OpenSession(query, [this](auto answer) { opened_ = std::move(answer); });
  });
  const std::string nns = Next();
  EXPECT_EQ(nns.substr(0, 17), "NNS|S|user1|S|S2|");
  EXPECT_NE(nns.find("|S|REQUEST_ID|S|42"), std::string::npos);
  Reply("NNS|I|10");
  const auto let_in = std::get<session::OpenGrant>(opened_.value());
  EXPECT_EQ(let_in.conflict, nullptr);
  EXPECT_EQ(let_in.max_bandwidth_kbps, 40.5);
  EXPECT_TRUE(let_in.wants_tables);
}

TEST_F(MetadataProxyTest, WhereCertificatesAreAskedForTheSubjectIsTold) {
  StartReady();
  Open(session::ClientCertificate{"CN=alice,O=Example"});
  EXPECT_EQ(Next(), "NUA|S|user1|S|#|S|CN%3Dalice%2CO%3DExample|S|host|S|www|S|REQUEST_ID|S|42");
  Reply("NUA|D|40.5|B|1");
  EXPECT_EQ(Next().substr(0, 3), "NNS");
  Reply("NNS|V");
  EXPECT_EQ(std::get<session::OpenGrant>(opened_.value()).max_bandwidth_kbps, 40.5);
  Open(session::ClientCertificate{});
  EXPECT_EQ(Next(), "NUA|S|user1|S|#|S|#|S|host|S|www|S|REQUEST_ID|S|42");
  Reply("NUA|EA|whoever");
  EXPECT_TRUE(std::holds_alternative<tlcp::Error>(opened_.value()));
}

// A10
TEST_F(MetadataProxyTest, ASessionMayHaveNoTimeToLive) {
  for (const char* reply : {"NNS|V", "NNS|I|0", "NNS|I|-1"}) {
    opened_.reset();
    if (remote_ == nullptr) StartReady();
    Open();
    Next();
    Reply("NUS|D|Infinity|B|0");
    Next();
    Reply(reply);
    const auto grant = std::get<session::OpenGrant>(opened_.value());
    EXPECT_EQ(grant.time_to_live, seconds(0));
    EXPECT_EQ(grant.max_bandwidth_kbps, 0);
    EXPECT_FALSE(grant.wants_tables);
  }
}

TEST_F(MetadataProxyTest, ClosesASession) {
  StartReady();
  house_.OnShard([this] { house_.metadata().CloseSession("S1", "user1"); });
  EXPECT_EQ(Next(), "NSC|S|S1");
  Reply("NSC|E|whatever");
  EXPECT_TRUE(house_.Proxy().ready);
}

TEST_F(MetadataProxyTest, ASessionThatWasAnsweredTooLateIsClosedThere) {
  StartReady();
  Open();
  Next();
  Reply("NUS|D|0|B|0");
  Next();
  const std::string nns_id = id_;
  house_.Advance(seconds(10));
  EXPECT_EQ(OpenCode(), 66);
  EXPECT_EQ(Next(), "NSC|S|S1");
  remote_->Send(nns_id + "|NNS|V");
  house_.Turns(4);
  EXPECT_EQ(house_.counters().late_replies.value(), 1u);
}

// --- Subscriptions

TEST_F(MetadataProxyTest, AsksForItemsSchemaAndLimits) {
  StartReady();
  Authorize(Query());
  ResolveNames();
  EXPECT_EQ(Next(), "GIT|S|a|S|b");
  Reply("GIT|I|10|D|0.5|M|RM|I|5|D|0|M|M");
  EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
  Reply("GUI|I|30|D|170.5|M|RMDC|I|0|D|0.0|M|M");
  EXPECT_EQ(Grant().items, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Grant().fields, (std::vector<std::string>{"last"}));
  ASSERT_EQ(Grant().limits.size(), 2u);
  EXPECT_EQ(Grant().limits[0].distinct_snapshot_length, 10);
  EXPECT_EQ(Grant().limits[0].min_source_frequency, 0.5);
  EXPECT_EQ(Grant().limits[0].buffer_size, 30);
  EXPECT_EQ(Grant().limits[0].max_frequency, 170.5);
  EXPECT_EQ(Grant().limits[1].buffer_size, 0);
  EXPECT_FALSE(Grant().table_open);
}

TEST_F(MetadataProxyTest, ItemDataIsRememberedAndUserDataForTenSeconds) {
  StartReady();
  OpenReady();
  Authorize(Query());
  ResolveAll();
  Authorize(Query());
  ResolveNames();
  EXPECT_EQ(Grant().items.size(), 2u);
  house_.Advance(seconds(10));
  Authorize(Query());
  ResolveNames();
  EXPECT_EQ(Next(), "GUI|S|user1|S|a|S|b");
}

TEST_F(MetadataProxyTest, UserDataIsRememberedForThatUserOnly) {
  StartReady();
  OpenReady();
  Authorize(Query());
  ResolveAll();
  auto query = Query();
  query.user.reset();
  Authorize(query);
  EXPECT_EQ(Next(), "GIS|S|#|S|a%20b|S|S1");
  Reply("GIS|S|a");
  Next();
  Reply("GSC|S|last");
  EXPECT_EQ(Next(), "GUI|S|#|S|a");
}

TEST_F(MetadataProxyTest, ANewRemoteAdapterIsAskedAnewWhereThatIsWanted) {
  metadata_.clear_on_new_remote = true;
  StartReady();
  OpenReady();
  Authorize(Query());
  ResolveAll();
  remote_->Hangup();
  house_.Turns(4);
  remote_ = house_.ConnectReady();
  Authorize(Query());
  ResolveAll();
  EXPECT_EQ(Grant().items.size(), 2u);
}

TEST_F(MetadataProxyTest, WhatTheLastRemoteAdapterSaidIsGoodForTheNext) {
  StartReady();
  OpenReady();
  Authorize(Query());
  ResolveAll();
  remote_->Hangup();
  house_.Turns(4);
  remote_ = house_.ConnectReady();
  Authorize(Query());
  ResolveNames();
  EXPECT_EQ(Grant().items.size(), 2u);
}

TEST_F(MetadataProxyTest, UserDataIsForgottenWithTheLastSession) {
  StartReady();
  OpenReady();
  Authorize(Query());
  ResolveAll();
  house_.OnShard([this] { house_.metadata().CloseSession("S1", "user1"); });
  EXPECT_EQ(Next(), "NSC|S|S1");
  OpenReady();
  Authorize(Query());
  ResolveUncached();
  EXPECT_EQ(Grant().items.size(), 2u);
}

TEST_F(MetadataProxyTest, AGroupWithoutItemsIsABadGroup) {
  StartReady();
  for (const char* empty : {"GIS", "GIS|"}) {
    Authorize(Query());
    Next();
    Reply(empty);
    EXPECT_EQ(AuthorizeCode(), 21);
  }
}

// --- Tables

// A11
TEST_F(MetadataProxyTest, TableIsOpenedWithItsItems) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next(), "NNT|S|user1|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#|I|2|S|a|S|b");
  Reply("NNT|B|1|B|0");
  EXPECT_TRUE(Grant().table_open);
  EXPECT_TRUE(Grant().enable_unsubscription);
  EXPECT_FALSE(Grant().wants_final_statistics);
}

// A11
TEST_F(MetadataProxyTest, ATableMayBeAnsweredWithV) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  Next();
  Reply("NNT|V");
  EXPECT_TRUE(Grant().table_open);
  EXPECT_FALSE(Grant().enable_unsubscription);
}

// A16
TEST_F(MetadataProxyTest, NodeGetsNoItemLists) {
  StartReady("1.9.1", "Node.js+Adapter+SDK");
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next(), "NNT|S|user1|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#");
}

TEST_F(MetadataProxyTest, NodeGetsItemListsWhereTheOperatorSaysSo) {
  metadata_.node_item_list_workaround = false;
  StartReady("1.9.1", "Node.js+Adapter+SDK");
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next(), "NNT|S|user1|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#|I|2|S|a|S|b");
}

TEST_F(MetadataProxyTest, OlderDialectHasShortTables) {
  StartReady("1.8.3");
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next(), "NNT|S|user1|S|S1|I|3|M|M|S|a%20b|S|last|I|1|I|2|S|#");
}

// NSC after every NTC, and NTC after NNT, whatever the order of the answers (ari.md §3.4).
TEST_F(MetadataProxyTest, TheEndOfASessionWaitsForItsTables) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  Next();
  Reply("NNT|V");
  house_.OnShard([this] {
    auto table = Query().table;
    table.items = {"a", "b"};
    house_.metadata().CloseTable("S1", table);
    house_.metadata().CloseSession("S1", "user1");
  });
  EXPECT_EQ(Next(), "NTC|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#|I|2|S|a|S|b|I|0");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(MetadataProxyTest, TheEndOfASessionWaitsForATableThatIsBeingRefused) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  Next();
  house_.OnShard([this] { house_.metadata().CloseSession("S1", "user1"); });
  EXPECT_FALSE(remote_->HasLine());
  Reply("NNT|EC|quota|-5|Too many");
  EXPECT_EQ(Next(), "NSC|S|S1");
}

TEST_F(MetadataProxyTest, ATableEndsWithItsStatistics) {
  StartReady();
  house_.OnShard([this] {
    auto table = Query().table;
    table.items = {"a", "b"};
    table.statistics = {{120, 0, 35}, {80, 1, 2}};
    house_.metadata().CloseTable("S1", table);
  });
  EXPECT_EQ(
      Next(),
      "NTC|S|S1|I|3|M|M|S|a%20b|S|DATA|S|last|I|1|I|2|S|#|I|2|S|a|S|b|I|2|L|120|L|0|L|35|L|80|L|"
      "1|L|2");
}

// --- Messages

TEST_F(MetadataProxyTest, AMessageIsToldAndItsAnswerHasNoResponse) {
  StartReady();
  SendMessage("buy|5 \n+");
  EXPECT_EQ(Next(), "NUM|S|user1|S|S1|S|buy%7C5%20%0A%2B");
  EXPECT_FALSE(outcome_.has_value());
  Reply("NUM|V");
  EXPECT_EQ(std::get<session::MessageOutcome>(outcome_.value()).response, "");
}

TEST_F(MetadataProxyTest, AMessageOfNobodyInAnOlderDialect) {
  StartReady("1.8.3");
  SendMessage("a ü", std::nullopt);
  EXPECT_EQ(Next(), "NUM|S|#|S|S1|S|a%20%C3%BC");
}

// A sequence waits in its session; here nothing waits.
TEST_F(MetadataProxyTest, MessagesAreAnsweredInAnyOrder) {
  StartReady();
  SendMessage("one");
  Next();
  const std::string first = id_;
  SendMessage("two");
  EXPECT_EQ(Next(), "NUM|S|user1|S|S1|S|two");
  Reply("NUM|V");
  EXPECT_TRUE(outcome_.has_value());
  outcome_.reset();
  id_ = first;
  Reply("NUM|V");
  EXPECT_TRUE(outcome_.has_value());
}

}  // namespace
}  // namespace penstock::adapters
