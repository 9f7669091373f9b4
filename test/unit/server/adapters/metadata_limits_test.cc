// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// How many requests a Metadata Adapter has at once, and what those beyond are told.

#include <chrono>

#include "metadata_proxy_test.h"

namespace penstock::adapters {
namespace {

using test::MetadataProxyTest;

TEST_F(MetadataProxyTest, SoManyUsersAreAskedAboutAtOnce) {
  metadata_.authentication_max_pending = 1;
  metadata_.authentication_max_queue = 1;
  StartReady();
  Open();
  const std::string first = Next();
  EXPECT_EQ(first.substr(0, 3), "NUS");
  Open();
  EXPECT_FALSE(remote_->HasLine());
  Open();
  EXPECT_EQ(OpenCode(), 5);
  EXPECT_EQ(house_.counters().requests_turned_away.value(), 1u);
  Reply("NUS|EA|no");
  EXPECT_EQ(Next().substr(0, 3), "NUS");
}

TEST_F(MetadataProxyTest, SoManyMessagesAreToldAtOnce) {
  metadata_.messages_max_pending = 1;
  metadata_.messages_max_queue = 1;
  StartReady();
  SendMessage("one");
  Next();
  SendMessage("two");
  EXPECT_FALSE(remote_->HasLine());
  SendMessage("three");
  EXPECT_EQ(MessageCode(), 35);
  Reply("NUM|V");
  EXPECT_EQ(Next(), "NUM|S|user1|S|S1|S|two");
}

TEST_F(MetadataProxyTest, SoManySubscriptionsAreAskedForAtOnce) {
  metadata_.requests_max_pending = 1;
  metadata_.requests_max_queue = 1;
  StartReady();
  Authorize(Query());
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  Authorize(Query());
  EXPECT_FALSE(remote_->HasLine());
  Authorize(Query());
  EXPECT_EQ(AuthorizeCode(), 68);
  Reply("GIS|EI|no");
  EXPECT_EQ(Next().substr(0, 3), "GIS");
}

TEST_F(MetadataProxyTest, ADataAdapterMayHaveALimitOfItsOwn) {
  house_.settings.adapter_sets[0].data_adapters[0].requests_max_pending = 1;
  metadata_.requests_max_pending = 1;
  StartReady();
  Authorize(Query());
  EXPECT_EQ(Next().substr(0, 3), "GIS");
  Authorize(Query());
  EXPECT_FALSE(remote_->HasLine());
  house_.OnShard([this] { house_.metadata().CloseSession("S9", "user1"); });
  EXPECT_EQ(Next(), "NSC|S|S9");
}

// The ends go through the gate of the beginnings, so that no more wait than have begun.
TEST_F(MetadataProxyTest, TheEndsOfADataAdaptersSubscriptionsCountAmongItsRequests) {
  house_.settings.adapter_sets[0].data_adapters[0].requests_max_pending = 1;
  StartReady();
  house_.OnShard([this] {
    for (const int win_index : {3, 4}) {
      session::Table table = Query().table;
      table.win_index = win_index;
      table.items = {"a", "b"};
      house_.metadata().CloseTable("S1", table);
    }
  });
  EXPECT_EQ(Next().substr(0, 16), "NTC|S|S1|I|3|M|M");
  Authorize(Query());
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next().substr(0, 16), "NTC|S|S1|I|4|M|M");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NTC|V");
  EXPECT_EQ(Next().substr(0, 3), "GIS");
}

TEST_F(MetadataProxyTest, EndsAreNeverTurnedAway) {
  metadata_.requests_max_pending = 1;
  metadata_.requests_max_queue = 0;
  StartReady();
  for (const char* const session : {"S1", "S2", "S3"}) {
    house_.OnShard([this, session] { house_.metadata().CloseSession(session, "user1"); });
  }
  EXPECT_EQ(Next(), "NSC|S|S1");
  EXPECT_FALSE(remote_->HasLine());
  Reply("NSC|V");
  EXPECT_EQ(Next(), "NSC|S|S2");
  Reply("NSC|V");
  EXPECT_EQ(Next(), "NSC|S|S3");
}

TEST_F(MetadataProxyTest, ARequestThatTimesOutGivesItsPlaceBack) {
  metadata_.messages_max_pending = 1;
  StartReady();
  SendMessage("one");
  Next();
  SendMessage("two");
  house_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Next(), "NUM|S|user1|S|S1|S|two");
}

TEST_F(MetadataProxyTest, WhatWaitsEndsWithTheLoss) {
  metadata_.messages_max_pending = 1;
  StartReady();
  SendMessage("one");
  SendMessage("two");
  remote_->Hangup();
  house_.Turns(5);
  EXPECT_EQ(MessageCode(), 35);
  remote_ = house_.ConnectReady();
  SendMessage("three");
  EXPECT_EQ(Next(), "NUM|S|user1|S|S1|S|three");
}

// ari.md §3.9
TEST_F(MetadataProxyTest, TablesOfASessionAreToldOneByOneWhereThatIsWanted) {
  metadata_.sequentialize_table_notifications = true;
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next().substr(0, 3), "NNT");
  const std::string first = id_;
  Authorize(query);
  ResolveUncached();
  EXPECT_FALSE(remote_->HasLine());
  id_ = first;
  Reply("NNT|V");
  EXPECT_EQ(Next().substr(0, 3), "NNT");
}

TEST_F(MetadataProxyTest, TablesOverlapOtherwise) {
  StartReady();
  auto query = Query();
  query.wants_tables = true;
  Authorize(query);
  ResolveAll();
  EXPECT_EQ(Next().substr(0, 3), "NNT");
  Authorize(query);
  ResolveUncached();
  EXPECT_EQ(Next().substr(0, 3), "NNT");
}

}  // namespace
}  // namespace penstock::adapters
