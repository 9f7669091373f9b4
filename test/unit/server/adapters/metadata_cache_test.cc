// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/metadata_cache.h"

#include <gtest/gtest.h>

#include <chrono>

namespace penstock::adapters {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class MetadataCacheTest : public testing::Test {
 protected:
  void PutUserItem(const UserName& user, const std::string& item) {
    cache_.PutUserItem(user, item, {}, now_);
  }
  bool KnowsUserItem(const UserName& user, const std::string& item) {
    return cache_.FindUserItem(user, item, now_) != nullptr;
  }
  bool KnowsItem(const std::string& item) { return cache_.FindItem(item, now_) != nullptr; }

  config::MetadataAdapter settings_;
  MetadataCache cache_{settings_};
  TimePoint now_ = TimePoint(hours(1));
};

TEST_F(MetadataCacheTest, AnItemIsKnownForLong) {
  cache_.PutItem("a", {}, now_);
  now_ += hours(1) - seconds(1);
  EXPECT_TRUE(KnowsItem("a"));
  now_ += seconds(1);
  EXPECT_FALSE(KnowsItem("a"));
}

TEST_F(MetadataCacheTest, AnItemMayBeKnownForEver) {
  settings_.item_data_timeout = config::Milliseconds(0);
  cache_.PutItem("a", {}, now_);
  now_ += hours(10'000);
  EXPECT_TRUE(KnowsItem("a"));
}

TEST_F(MetadataCacheTest, AUserAndAnItemAreKnownForSeconds) {
  cache_.OnSession("u");
  PutUserItem("u", "a");
  now_ += seconds(9);
  EXPECT_TRUE(KnowsUserItem("u", "a"));
  EXPECT_FALSE(KnowsUserItem("v", "a"));
  EXPECT_FALSE(KnowsUserItem(std::nullopt, "a"));
  now_ += seconds(1);
  EXPECT_FALSE(KnowsUserItem("u", "a"));
}

TEST_F(MetadataCacheTest, NobodyIsNotTheEmptyUser) {
  cache_.OnSession(std::nullopt);
  PutUserItem(std::nullopt, "a");
  EXPECT_TRUE(KnowsUserItem(std::nullopt, "a"));
  EXPECT_FALSE(KnowsUserItem("", "a"));
}

TEST_F(MetadataCacheTest, TheLastSessionOfAUserTakesItAlong) {
  cache_.OnSession("u");
  cache_.OnSession("u");
  PutUserItem("u", "a");
  cache_.OnSessionEnd("u");
  EXPECT_TRUE(KnowsUserItem("u", "a"));
  cache_.OnSessionEnd("u");
  EXPECT_FALSE(KnowsUserItem("u", "a"));
  PutUserItem("u", "a");  // an answer that came late
  EXPECT_FALSE(KnowsUserItem("u", "a"));
}

TEST_F(MetadataCacheTest, OrItDoesNot) {
  settings_.clear_on_session_close = false;
  cache_.OnSession("u");
  PutUserItem("u", "a");
  cache_.OnSessionEnd("u");
  EXPECT_TRUE(KnowsUserItem("u", "a"));
}

TEST_F(MetadataCacheTest, ANewRemoteAdapterChangesNothingUnlessWanted) {
  cache_.OnSession("u");
  PutUserItem("u", "a");
  cache_.PutItem("a", {}, now_);
  cache_.OnNewRemote();
  EXPECT_TRUE(KnowsItem("a"));
  EXPECT_TRUE(KnowsUserItem("u", "a"));
  settings_.clear_on_new_remote = true;
  cache_.OnNewRemote();
  EXPECT_FALSE(KnowsItem("a"));
  EXPECT_FALSE(KnowsUserItem("u", "a"));
}

TEST_F(MetadataCacheTest, IsBounded) {
  settings_.cache_max_entries = 3;
  cache_.OnSession("u");
  for (const char* const item : {"a", "b", "c", "d"}) {
    PutUserItem("u", item);
    cache_.PutItem(item, {}, now_);
  }
  EXPECT_FALSE(KnowsItem("a"));
  EXPECT_TRUE(KnowsItem("d"));
  EXPECT_FALSE(KnowsUserItem("u", "a"));
  EXPECT_TRUE(KnowsUserItem("u", "d"));
  cache_.OnSessionEnd("u");
  EXPECT_FALSE(KnowsUserItem("u", "d"));
}

TEST_F(MetadataCacheTest, OfSizeZeroKnowsNothing) {
  settings_.cache_max_entries = 0;
  cache_.OnSession("u");
  PutUserItem("u", "a");
  cache_.PutItem("a", {}, now_);
  EXPECT_FALSE(KnowsItem("a"));
  EXPECT_FALSE(KnowsUserItem("u", "a"));
}

}  // namespace
}  // namespace penstock::adapters
