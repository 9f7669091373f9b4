// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/adapter_hub.h"

#include <gtest/gtest.h>

#include <thread>

#include "test_house.h"
#include "transport/tcp/listener.h"

namespace penstock::adapters {
namespace {

using test::BodyOf;
using test::TestHouse;

TEST(AdapterHub, FindsSetsAndDataAdaptersByName) {
  TestHouse house;
  house.AddData();
  ASSERT_TRUE(house.Start().ok());
  const session::AdapterSet* const set = house.hub().Find("SET");
  ASSERT_NE(set, nullptr);
  EXPECT_NE(set->metadata, nullptr);
  EXPECT_NE(set->FindData("DATA"), nullptr);
  EXPECT_EQ(set->FindData("OTHER"), nullptr);
  EXPECT_EQ(house.hub().Find("OTHER"), nullptr);
}

TEST(AdapterHub, DataSourcesHaveDifferentIds) {
  TestHouse house;
  house.AddData();
  house.AddData().name = "DATA2";
  ASSERT_TRUE(house.Start().ok());
  const session::AdapterSet& set = house.hub().adapter_sets().at(0);
  EXPECT_NE(set.data.at(0).source->id(), set.data.at(1).source->id());
}

TEST(AdapterHub, APortInUseStopsTheStartAndIsNamed) {
  TestHouse house;
  runtime::Shard& shard = house.shards()[0];
  auto holder = tcp::Listener::Open(shard, {"127.0.0.1", 0}, tcp::PortUse::kExclusive,
                                    [](tcp::Descriptor, const tcp::Endpoint&) {});
  ASSERT_TRUE(holder.ok());
  const std::uint16_t port = (*holder)->port();
  house.AddMetadata();
  house.AddData().proxy.request_reply_port = port;  // opens later, is looked at now
  const Status status = house.Start();
  ASSERT_FALSE(status.ok());
  for (const std::string& part :
       {std::string("SET.DATA"), std::string("127.0.0.1"), std::to_string(port)}) {
    EXPECT_NE(Message(status).find(part), std::string_view::npos) << Message(status);
  }
}

TEST(AdapterHub, DataPortsOpenWhenTheMetadataAdapterIsThere) {
  TestHouse house;
  house.AddMetadata();
  house.AddData();
  ASSERT_TRUE(house.Start().ok());
  EXPECT_FALSE(house.Connect(house.Proxy(1).port)->connected());
  const auto metadata = house.ConnectReady(0);
  house.Turns(5);
  const auto data = house.ConnectReady(1);
  EXPECT_TRUE(house.Proxy(1).ready);
}

TEST(AdapterHub, DataPortsOpenAtOnceWhereTheOperatorSaysSo) {
  TestHouse house;
  house.AddMetadata();
  house.AddData();
  house.settings.adapter_sets[0].metadata_adapter_initialised_first = false;
  ASSERT_TRUE(house.Start().ok());
  const auto data = house.ConnectReady(1);
  EXPECT_TRUE(house.Proxy(1).ready);
}

TEST(AdapterHub, TheStartWaitsForFirstConnectionsWhereToldSo) {
  TestHouse house;
  house.AddData().proxy.first_connection_timeout = config::Milliseconds(-1);
  ASSERT_TRUE(house.Start().ok());
  EXPECT_FALSE(house.hub().WaitFirstConnections(TimePoint::min()));
  const auto remote = house.ConnectReady();
  EXPECT_TRUE(house.hub().WaitFirstConnections(TimePoint::min()));
}

TEST(AdapterHub, TheStartDoesNotWaitByDefault) {
  TestHouse house;
  house.AddData();
  ASSERT_TRUE(house.Start().ok());
  EXPECT_TRUE(house.hub().WaitFirstConnections(TimePoint::min()));
}

TEST(AdapterHub, APlainProxyIsWaitedForWhateverItsTimeout) {
  TestHouse house;
  house.AddData().proxy.robust = false;
  ASSERT_TRUE(house.Start().ok());
  EXPECT_FALSE(house.hub().WaitFirstConnections(TimePoint::min()));
  house.hub().StopInput();
  EXPECT_TRUE(house.hub().WaitFirstConnections(TimePoint::min()));
}

TEST(AdapterHub, StopInputLetsTheConnectedOnesGoOn) {
  TestHouse house;
  config::DataAdapter& plain = house.AddData();
  plain.proxy.robust = false;
  ASSERT_TRUE(house.Start().ok());
  const std::uint16_t port = house.Proxy().port;
  const auto remote = house.ConnectReady();
  house.hub().StopInput();
  house.Turns(5);
  EXPECT_FALSE(house.Connect(port)->connected());
  EXPECT_TRUE(house.Proxy().ready);
  remote->Hangup();
  house.Turns(5);
  EXPECT_TRUE(house.fatal().empty()) << "a loss while stopping is no failure";
}

TEST(AdapterHub, DrainTellsEachRemoteAdapter) {
  TestHouse house;
  house.AddData();
  ASSERT_TRUE(house.Start().ok());
  const auto remote = house.ConnectReady();
  house.hub().StopInput();
  EXPECT_FALSE(house.hub().Drain(TimePoint::min())) << "the shards did not run meanwhile";
  house.Turns(5);
  EXPECT_EQ(remote->Next(), "0|CLOSE|S|reason|S|the+server+is+shutting+down");
  EXPECT_TRUE(remote->Closed());
}

// The same with the threads of a server.
TEST(AdapterHub, StartsAndDrainsWithRunningShards) {
  TestHouse house(2);
  house.AddData();
  ASSERT_TRUE(house.Start().ok());
  house.shards().Start();
  test::ScriptedRemote remote(house.Proxy().port, [] { std::this_thread::yield(); });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!remote.HasLine(1) && std::chrono::steady_clock::now() < end) {
  }
  ASSERT_TRUE(remote.AnswerInit());
  house.hub().StopInput();
  EXPECT_TRUE(house.hub().Drain(SteadyClock().Now() + std::chrono::seconds(10)));
  house.shards().StopAndJoin();
}

}  // namespace
}  // namespace penstock::adapters
