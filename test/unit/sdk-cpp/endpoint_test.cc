// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint.h"

#include <gtest/gtest.h>

namespace penstock::adapter {
namespace {

TEST(Endpoint, ReadsHostAndPort) {
  const Result<Endpoint> e = ParseEndpoint("tcp://push.example.com:6661");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->text, "tcp://push.example.com:6661");
  EXPECT_EQ(e->host, "push.example.com");
  EXPECT_EQ(e->port, 6661);
  EXPECT_FALSE(e->notify_port.has_value());
}

TEST(Endpoint, ReadsTheNotifyPort) {
  const Result<Endpoint> e = ParseEndpoint("tcp://10.0.0.1:6661?notify=6662");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->port, 6661);
  EXPECT_EQ(e->notify_port, 6662);
}

TEST(Endpoint, ReadsAnAddressInBrackets) {
  const Result<Endpoint> e = ParseEndpoint("tcp://[::1]:6661");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->host, "::1");
}

TEST(Endpoint, NamesWhatItCannotRead) {
  for (const char* text :
       {"", "127.0.0.1:6661", "udp://h:1", "tcp://", "tcp://h", "tcp://h:", "tcp://:1", "tcp://h:0",
        "tcp://h:65536", "tcp://h:1x", "tcp://::1:6661", "tcp://[]:1", "tcp://h:1/", "tcp://u@h:1",
        "tcp://h:1?", "tcp://h:1?notify=", "tcp://h:1?notify=0", "tcp://h:1?port=2"}) {
    const Result<Endpoint> e = ParseEndpoint(text);
    ASSERT_FALSE(e.ok()) << text;
    EXPECT_NE(e.error().message().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace penstock::adapter
