// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/status_item.h"

#include <gtest/gtest.h>

#include "test_house.h"

namespace penstock::adapters {
namespace {

using test::BodyOf;
using test::TestHouse;

class StatusItemTest : public testing::Test {
 protected:
  StatusItemTest() : data_(house_.AddData()) {
    data_.status_item = "feed";
    data_.events_recovery = config::EventsRecovery::kEnforceSnapshot;
  }

  void Start() {
    ASSERT_TRUE(house_.Start().ok());
    house_.Attach(&one_, "feed");
  }
  std::optional<std::string> Status() { return house_.Value(one_, "status"); }

  TestHouse house_;
  config::DataAdapter& data_;
  kernel::Subscriber one_;
};

TEST_F(StatusItemTest, TellsHowTheRemoteAdapterFares) {
  Start();
  EXPECT_EQ(Status(), "connecting");
  const auto first = house_.ConnectReady();
  house_.Turns(5);
  EXPECT_EQ(Status(), "connected");
  EXPECT_FALSE(first->HasLine()) << "it is not asked for it";
  first->Hangup();
  house_.Turns(5);
  EXPECT_EQ(Status(), "reconnecting");
  const auto second = house_.ConnectReady();
  house_.Turns(5);
  EXPECT_EQ(Status(), "connected");
}

TEST_F(StatusItemTest, HasASnapshot) {
  Start();
  EXPECT_NE(one_.item->generation(), one_.item->realtime_generation());
  const auto remote = house_.ConnectReady();
  house_.Turns(5);
  EXPECT_EQ(one_.item->generation(), one_.item->realtime_generation());
}

TEST_F(StatusItemTest, MayBeGivenUpAndHadAgain) {
  Start();
  house_.Detach(&one_);
  const auto remote = house_.ConnectReady();
  house_.Turns(5);
  EXPECT_FALSE(remote->HasLine());
  house_.Attach(&one_, "feed");
  EXPECT_EQ(Status(), "connected");
  kernel::Subscriber other;
  house_.Attach(&other, "a");
  EXPECT_EQ(BodyOf(remote->Next()), "SUB|S|a");
}

TEST_F(StatusItemTest, ATakeoverDoesNotShow) {
  Start();
  const auto active = house_.ConnectReady();
  const auto standby = house_.ConnectReady();
  house_.Turns(5);
  const auto generation = one_.item->generation();
  active->Hangup();
  house_.Turns(5);
  EXPECT_EQ(house_.counters().takeovers.value(), 1u);
  EXPECT_EQ(one_.item->generation(), generation);
}

TEST_F(StatusItemTest, WithoutANameItIsAnItemOfTheAdapter) {
  data_.status_item.reset();
  ASSERT_TRUE(house_.Start().ok());
  const auto remote = house_.ConnectReady();
  house_.Attach(&one_, "feed");
  EXPECT_EQ(BodyOf(remote->Next()), "SUB|S|feed");
}

}  // namespace
}  // namespace penstock::adapters
