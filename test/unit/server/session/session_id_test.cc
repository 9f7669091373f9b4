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
    const std::string id = MakeSessionId({0, 13});
    EXPECT_EQ(AddressOfSessionId(id), (SessionAddress{0, 13}));
    for (const char c : id) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c))) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(SessionId, RefusesWhatIsNotOfItsForm) {
  const std::string id = MakeSessionId({0, 0});
  EXPECT_FALSE(AddressOfSessionId(""));
  EXPECT_FALSE(AddressOfSessionId("S1d7c802482843a26T5626355"));
  EXPECT_FALSE(AddressOfSessionId(id.substr(0, id.size() - 1)));
  EXPECT_FALSE(AddressOfSessionId(id + "x"));
  EXPECT_FALSE(AddressOfSessionId("X" + id.substr(1)));
}

TEST(SessionId, NamesItsNode) {
  const std::string id = MakeSessionId({77, 3});
  EXPECT_EQ(AddressOfSessionId(id), (SessionAddress{77, 3}));
  const std::string random = id.substr(0, 33);
  for (const char* end : {"N77", "NT3", "N0T3", "N77T", "N77T3x", "N7xT3", "T", ""}) {
    EXPECT_FALSE(AddressOfSessionId(random + end)) << end;
  }
}

}  // namespace
}  // namespace penstock::session
