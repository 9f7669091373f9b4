// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/remote_hosts.h"

#include <gtest/gtest.h>

#include "config/checks.h"

namespace penstock::config {
namespace {

using Hosts = std::vector<RemoteHost>;

TEST(RemoteHosts, TakesNamesAndAddressesWithAndWithoutAPort) {
  EXPECT_EQ(ParseRemoteHosts("feed.example.com", 6661), (Hosts{{"feed.example.com", 6661}}));
  EXPECT_EQ(ParseRemoteHosts("feed:7000", 6661), (Hosts{{"feed", 7000}}));
  EXPECT_EQ(ParseRemoteHosts("10.0.0.7", 6661), (Hosts{{"10.0.0.7", 6661}}));
  EXPECT_EQ(ParseRemoteHosts("2001:db8::7", 6661), (Hosts{{"2001:db8::7", 6661}}));
  EXPECT_EQ(ParseRemoteHosts("[2001:db8::7]:7000", 6661), (Hosts{{"2001:db8::7", 7000}}));
  EXPECT_EQ(ParseRemoteHosts("[::1]", 6661), (Hosts{{"::1", 6661}}));
}

TEST(RemoteHosts, TakesSeveral) {
  EXPECT_EQ(ParseRemoteHosts(" a , b:2,\n10.0.0.7:3 ", 1),
            (Hosts{{"a", 1}, {"b", 2}, {"10.0.0.7", 3}}));
}

TEST(RemoteHosts, TakesOneThatIsNamedTwiceOnce) {
  EXPECT_EQ(ParseRemoteHosts("a,b,a:6661", 6661), (Hosts{{"a", 6661}, {"b", 6661}}));
}

TEST(RemoteHosts, RefusesTheWholeWhenOneIsWrong) {
  for (const char* const wrong :
       {"", " , ", "a,b c", "a:", "a:0", "a:65536", "a:x", "[::1", "[::1]7", "[::1]:", "10.0.0.300",
        "a..b", "-.", "ü", "a/b", "::zz"}) {
    EXPECT_EQ(ParseRemoteHosts(wrong, 1), Hosts()) << wrong;
  }
}

TEST(RemoteHosts, HostNamesAreNoAddresses) {
  EXPECT_TRUE(IsHostName("a_1-b.example."));
  EXPECT_TRUE(IsHostName("1a"));
  for (const char* const wrong : {"", ".", "10.0.0.7", "10", "a.7", "::1", "a b", "10.0.0.0/8"}) {
    EXPECT_FALSE(IsHostName(wrong)) << wrong;
  }
  EXPECT_FALSE(IsHostName(std::string(64, 'a')));
}

TEST(Checks, PeersAreAddressesNetworksAndNames) {
  EXPECT_EQ(CheckPeers({"10.0.0.7", "10.0.0.0/8", "2001:db8::/32", "feed.example.com"}), "");
  EXPECT_EQ(CheckPeers({"10.0.0.0/33"}),
            "\"10.0.0.0/33\" is no address, network or host name; write such as \"10.0.0.7\", "
            "\"10.0.0.0/8\" or \"feed.example.com\"");
  EXPECT_NE(CheckPeers({"10.0.0.300"}), "");
}

}  // namespace
}  // namespace penstock::config
