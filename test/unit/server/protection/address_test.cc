// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/address.h"

#include <gtest/gtest.h>

#include "protection/gate.h"

namespace penstock::protection {
namespace {

bool Contains(const std::vector<std::string>& ranges, std::string_view ip) {
  return AddressRanges(ranges).Contains(*ParseAddress(ip));
}

TEST(AddressKey, IsTheWholeOfAnIpv4Address) {
  EXPECT_EQ(AddressKey("10.0.0.1"), AddressKey("::ffff:10.0.0.1"));
  EXPECT_NE(AddressKey("10.0.0.1"), AddressKey("10.0.0.2"));
  EXPECT_EQ(AddressKey("10.0.0.1").size(), 4u);
}

TEST(AddressKey, IsTheFirstHalfOfAnIpv6Address) {
  EXPECT_EQ(AddressKey("2001:db8:1:2::1"), AddressKey("2001:db8:1:2:ffff::9"));
  EXPECT_NE(AddressKey("2001:db8:1:2::1"), AddressKey("2001:db8:1:3::1"));
  EXPECT_EQ(AddressKey("fe80::1%eth0"), AddressKey("fe80::2"));
}

TEST(AddressKey, OfNoAddressIsTheText) { EXPECT_EQ(AddressKey("unknown"), "unknown"); }

TEST(AddressRanges, HaveAddressesAndNetworks) {
  EXPECT_TRUE(Contains({"192.0.2.7"}, "192.0.2.7"));
  EXPECT_FALSE(Contains({"192.0.2.7"}, "192.0.2.8"));
  EXPECT_TRUE(Contains({"10.0.0.0/9"}, "10.127.255.255"));
  EXPECT_FALSE(Contains({"10.0.0.0/9"}, "10.128.0.0"));
  EXPECT_TRUE(Contains({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
  EXPECT_TRUE(Contains({"2001:db8::/32"}, "2001:db8:ffff::1"));
  EXPECT_FALSE(Contains({"2001:db8::/32"}, "2001:db9::1"));
  EXPECT_TRUE(Contains({"0.0.0.0/0"}, "8.8.8.8"));
  EXPECT_FALSE(Contains({"0.0.0.0/0"}, "::1"));
  EXPECT_FALSE(Contains({}, "::1"));
}

TEST(UserKey, TellsSetsAndLongNamesApart) {
  EXPECT_NE(UserKey("A", "x"), UserKey("B", "x"));
  const std::string name(10'000, 'u');
  EXPECT_NE(UserKey("A", name), UserKey("A", name + "v"));
  EXPECT_LT(UserKey("A", name).size(), 100u);
}

}  // namespace
}  // namespace penstock::protection
