// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::adapter {
namespace {

TEST(Endpoint, ReadsHostAndPort) {
  const Result<Endpoint> e = ParseEndpoint("tcp://push.example.com:6661");
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->text, "tcp://push.example.com:6661");
  EXPECT_FALSE(e->listens());
  EXPECT_FALSE(e->tls);
  EXPECT_EQ(e->host, "push.example.com");
  EXPECT_EQ(e->port, 6661);
  EXPECT_FALSE(e->notify_port.has_value());
}

TEST(Endpoint, ReadsTheNotifyPort) {
  const Result<Endpoint> e = ParseEndpoint("tls://10.0.0.1:6661?notify=6662");
  ASSERT_TRUE(e.ok());
  EXPECT_TRUE(e->tls);
  EXPECT_EQ(e->port, 6661);
  EXPECT_EQ(e->notify_port, 6662);
}

TEST(Endpoint, ReadsAnAddressInBrackets) {
  const Result<Endpoint> e = ParseEndpoint("tls-listen://[::1]:6661");
  ASSERT_TRUE(e.ok());
  EXPECT_TRUE(e->listens());
  EXPECT_TRUE(e->tls);
  EXPECT_EQ(e->host, "::1");
}

TEST(Endpoint, ListensOnTheLoopbackUnlessToldOtherwise) {
  const Result<Endpoint> bare = ParseEndpoint("tcp-listen://:6661");
  ASSERT_TRUE(bare.ok());
  EXPECT_TRUE(bare->listens());
  EXPECT_EQ(bare->host, "127.0.0.1");
  const Result<Endpoint> all = ParseEndpoint("tcp-listen://0.0.0.0:0");
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->host, "0.0.0.0");
  EXPECT_EQ(all->port, 0);
}

TEST(Endpoint, ReadsTheNamesOfAnAdapterOverGrpc) {
  const Result<Endpoint> metadata = ParseEndpoint("grpc://push.example.com:6670/DEMO");
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(metadata->protocol, Endpoint::Protocol::kGrpc);
  EXPECT_FALSE(metadata->tls);
  EXPECT_FALSE(metadata->listens());
  EXPECT_EQ(metadata->host, "push.example.com");
  EXPECT_EQ(metadata->port, 6670);
  EXPECT_EQ(metadata->adapter_set, "DEMO");
  EXPECT_EQ(metadata->data_adapter, "");
  const Result<Endpoint> data = ParseEndpoint("grpcs://[::1]:6670/A%2fB/Q%C3%BC %25");
  ASSERT_TRUE(data.ok());
  EXPECT_TRUE(data->tls);
  EXPECT_EQ(data->host, "::1");
  EXPECT_EQ(data->adapter_set, "A/B");
  EXPECT_EQ(data->data_adapter, "Q\xc3\xbc %");
  EXPECT_EQ(ParseEndpoint("tcp://h:1")->protocol, Endpoint::Protocol::kAri);
}

TEST(Endpoint, ListensOverGrpcWithNamesOrWithout) {
  const Result<Endpoint> bare = ParseEndpoint("grpc-listen://:0");
  ASSERT_TRUE(bare.ok());
  EXPECT_TRUE(bare->listens());
  EXPECT_FALSE(bare->tls);
  EXPECT_EQ(bare->protocol, Endpoint::Protocol::kGrpc);
  EXPECT_EQ(bare->host, "127.0.0.1");
  EXPECT_EQ(bare->adapter_set, "");
  const Result<Endpoint> named = ParseEndpoint("grpcs-listen://[::]:6670/DEMO/QUOTES");
  ASSERT_TRUE(named.ok());
  EXPECT_TRUE(named->listens());
  EXPECT_TRUE(named->tls);
  EXPECT_EQ(named->adapter_set, "DEMO");
  EXPECT_EQ(named->data_adapter, "QUOTES");
}

TEST(Endpoint, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* text;
    int at;
    const char* what;
  };
  const Case cases[] = {
      {"", 1, "it begins with tcp://"},
      {"127.0.0.1:6661", 1, "it begins with tcp://"},
      {"grpc-dial://h:1", 1, "it begins with tcp://"},
      {"grpc-listen://h:1/", 18, "\"/\" and the name of the Adapter Set are missing"},
      {"grpc://h:1", 11, "\"/\" and the name of the Adapter Set are missing"},
      {"grpc://h:1/", 11, "\"/\" and the name of the Adapter Set are missing"},
      {"grpc://h/DEMO", 9, "\":\" and a port are missing"},
      {"grpc://h:1?notify=2", 10, "a port is a number from 1 to 65535"},
      {"grpc://h:1/DEMO/", 17, "the name of the Data Adapter is missing"},
      {"grpc://h:1/DEMO/A/B", 18, "nothing comes behind the Data Adapter"},
      {"grpc://h:1/DE%2", 14, "\"%\" is followed by two hexadecimal digits"},
      {"grpc://h:1/D%G0", 13, "\"%\" is followed by two hexadecimal digits"},
      {"TCP://h:1", 1, "it begins with tcp://"},
      {"tcp:///", 7, "the host is missing"},
      {"tcp://:1", 7, "the host is missing"},
      {"tcp://h", 8, "\":\" and a port are missing"},
      {"tcp://h/x:1", 8, "\":\" and a port are missing"},
      {"tcp://u@h:1", 8, "no host has such a character"},
      {"tcp://h:", 9, "a port is a number from 1 to 65535"},
      {"tcp://h:0", 9, "a port is a number from 1 to 65535"},
      {"tcp://h:65536", 9, "a port is a number from 1 to 65535"},
      {"tcp://h:-1", 9, "a port is a number from 1 to 65535"},
      {"tcp://h:1x", 9, "a port is a number from 1 to 65535"},
      {"tcp://h:1/", 9, "a port is a number from 1 to 65535"},
      {"tcp-listen://h:65536", 16, "a port is a number from 0 to 65535"},
      {"tcp://::1:6661", 8, "an IPv6 address stands in brackets"},
      {"tcp://fe80::1:6661", 12, "an IPv6 address stands in brackets"},
      {"tcp://[::1:1", 7, "\"[\" has no \"]\""},
      {"tcp://[]:1", 8, "brackets are for IPv6 addresses"},
      {"tcp://[h]:1", 8, "brackets are for IPv6 addresses"},
      {"tcp://h:1?", 11, "the only parameter is notify=port"},
      {"tcp://h:1?port=2", 11, "the only parameter is notify=port"},
      {"tcp://h:1?notify=", 18, "a port is a number from 1 to 65535"},
      {"tcp://h:1?notify=0", 18, "a port is a number from 1 to 65535"},
      {"tcp://h:1?notify=2&x=3", 18, "a port is a number from 1 to 65535"},
      {"tcp://h:1?notify=1", 11, "notify needs a port of its own"},
      {"tcp-listen://h:1?notify=2", 18, "a server that dials makes one connection"},
  };
  for (const Case& one : cases) {
    const Result<Endpoint> e = ParseEndpoint(one.text);
    ASSERT_FALSE(e.ok()) << one.text;
    const std::string start = "endpoint \"" + std::string(one.text) + "\", character " +
                              std::to_string(one.at) + ": " + one.what;
    EXPECT_TRUE(e.error().message().starts_with(start)) << e.error().message() << "\nand not\n"
                                                        << start;
  }
}

TEST(Endpoint, WritesAddressesWithTheirPort) {
  EXPECT_EQ(HostAndPort("h.example", 1), "h.example:1");
  EXPECT_EQ(HostAndPort("::1", 65535), "[::1]:65535");
}

}  // namespace
}  // namespace penstock::adapter
