// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/tls/name_table.h"

#include <gtest/gtest.h>

namespace penstock::tls {
namespace {

NameTable Table() {
  NameTable table;
  table.Add("a.test", 0);
  table.Add("*.wild.test", 1);
  table.Add("named.wild.test", 2);
  table.Add("a.test", 3);
  return table;
}

TEST(NameTable, FindsANameInAnyCaseAndWithADotAtItsEnd) {
  EXPECT_EQ(Table().Find("a.test"), 0u);
  EXPECT_EQ(Table().Find("A.TEST"), 0u);
  EXPECT_EQ(Table().Find("a.test."), 0u);
}

TEST(NameTable, AWildcardIsForOneLabelMore) {
  EXPECT_EQ(Table().Find("x.wild.test"), 1u);
  EXPECT_EQ(Table().Find("wild.test"), std::nullopt);
  EXPECT_EQ(Table().Find("x.y.wild.test"), std::nullopt);
  EXPECT_EQ(Table().Find(".wild.test"), std::nullopt);
}

TEST(NameTable, ANameBeatsAWildcard) { EXPECT_EQ(Table().Find("named.wild.test"), 2u); }

TEST(NameTable, KnowsNoOtherName) {
  for (const char* host : {"", ".", "test", "b.test", "xa.test", "*"}) {
    EXPECT_EQ(Table().Find(host), std::nullopt) << host;
  }
}

}  // namespace
}  // namespace penstock::tls
