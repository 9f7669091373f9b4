// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/session_id.h"

#include <gtest/gtest.h>

#include <set>

namespace penstock::session {
namespace {

TEST(SessionId, NamesItsShardAndIsNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = MakeSessionId(13);
    EXPECT_EQ(ShardOfSessionId(id), 13u);
    for (const char c : id) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c))) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(SessionId, RefusesWhatIsNotOfItsForm) {
  const std::string id = MakeSessionId(0);
  EXPECT_FALSE(ShardOfSessionId(""));
  EXPECT_FALSE(ShardOfSessionId("S1d7c802482843a26T5626355"));
  EXPECT_FALSE(ShardOfSessionId(id.substr(0, id.size() - 1)));
  EXPECT_FALSE(ShardOfSessionId(id + "x"));
  EXPECT_FALSE(ShardOfSessionId("X" + id.substr(1)));
}

}  // namespace
}  // namespace penstock::session
