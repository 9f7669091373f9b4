// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/accept_encoding.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace penstock::http {
namespace {

bool Accepts(std::initializer_list<std::string_view> values) {
  RequestHead head;
  for (const std::string_view value : values) head.headers.push_back({"accept-encoding", value});
  return AcceptsGzip(head);
}

TEST(AcceptsGzip, ReadsTheList) {
  EXPECT_TRUE(Accepts({"gzip"}));
  EXPECT_TRUE(Accepts({"deflate, GZip , br"}));
  EXPECT_TRUE(Accepts({"x-gzip"}));
  EXPECT_TRUE(Accepts({"br", "gzip"}));
  EXPECT_TRUE(Accepts({"*"}));
  EXPECT_FALSE(Accepts({}));
  EXPECT_FALSE(Accepts({""}));
  EXPECT_FALSE(Accepts({"br, deflate, identity"}));
  EXPECT_FALSE(Accepts({"gzipped"}));
}

TEST(AcceptsGzip, HonoursWeights) {
  EXPECT_TRUE(Accepts({"gzip;q=1"}));
  EXPECT_TRUE(Accepts({"gzip ; q=0.001"}));
  EXPECT_TRUE(Accepts({"gzip;Q=0.5, identity;q=0.5"}));
  EXPECT_TRUE(Accepts({"identity;q=0, *;q=0.1"}));
  EXPECT_FALSE(Accepts({"gzip;q=0"}));
  EXPECT_FALSE(Accepts({"gzip;q=0.000, *"}));
  EXPECT_FALSE(Accepts({"gzip;q=0.4, identity;q=0.5"}));
  EXPECT_FALSE(Accepts({"*;q=0"}));
}

TEST(AcceptsGzip, AMalformedWeightWeighsNothing) {
  for (const std::string_view value :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.5", "gzip;q=-1", "gzip;q=0.x", "gzip;q=0.1234", "gzip;x",
        "gzip;", "gzip;q=.5"}) {
    EXPECT_FALSE(Accepts({value})) << value;
  }
}

}  // namespace
}  // namespace penstock::http
