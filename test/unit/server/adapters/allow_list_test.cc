// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/allow_list.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace penstock::adapters {
namespace {

class AllowListTest : public testing::Test {
 protected:
  ~AllowListTest() override {
    if (list_ != nullptr) list_->Stop();
  }
  void Make(const std::vector<std::string>& entries) {
    list_ = std::make_unique<AllowList>(shard_, entries, "P");
    list_->Start();
    // The system looks names up in its own time.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!list_->ready() && std::chrono::steady_clock::now() < end) {
      shard_.RunTurn(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(list_->ready());
  }
  bool Contains(const char* address) const {
    return list_->Contains(asio::ip::make_address(address));
  }

  const SteadyClock clock_{};
  runtime::Shard shard_{0, 1, clock_};
  std::unique_ptr<AllowList> list_;
};

TEST_F(AllowListTest, WithoutEntriesHasEverybody) {
  Make({});
  EXPECT_TRUE(Contains("10.1.2.3"));
  EXPECT_TRUE(Contains("2001:db8::1"));
}

TEST_F(AllowListTest, HasAddressesAndNetworks) {
  Make({"10.0.0.7", "10.1.0.0/16", "2001:db8::/32"});
  EXPECT_TRUE(Contains("10.0.0.7"));
  EXPECT_TRUE(Contains("10.1.255.1"));
  EXPECT_TRUE(Contains("2001:db8:1::1"));
  EXPECT_FALSE(Contains("10.0.0.8"));
  EXPECT_FALSE(Contains("2001:db9::1"));
}

TEST_F(AllowListTest, TakesIpv4InsideIpv6ForIpv4) {
  Make({"10.0.0.7"});
  EXPECT_TRUE(Contains("::ffff:10.0.0.7"));
  EXPECT_FALSE(Contains("::ffff:10.0.0.8"));
}

TEST_F(AllowListTest, HasWhatNamesAreLookedUpTo) {
  Make({"localhost"});
  EXPECT_TRUE(Contains("127.0.0.1"));
  EXPECT_FALSE(Contains("127.0.0.2"));
}

}  // namespace
}  // namespace penstock::adapters
