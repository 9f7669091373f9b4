// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "endpoint/forwarded_for.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace penstock::endpoint {
namespace {

// "client | farther".
std::string Read(std::string_view list, std::size_t hops) {
  const Forwarded told = ReadForwarded(list, hops);
  std::string text = told.client ? told.client->to_string() : told.junk ? "junk" : "none";
  if (!told.farther.empty()) text.append(" | ").append(told.farther);
  return text;
}

TEST(ForwardedFor, TheClientIsTheEntryOfTheFarthestProxyThatIsTrusted) {
  EXPECT_EQ(Read("192.0.2.1", 1), "192.0.2.1");
  EXPECT_EQ(Read("192.0.2.1, 192.0.2.2", 1), "192.0.2.2 | 192.0.2.1");
  EXPECT_EQ(Read("192.0.2.1, 192.0.2.2", 2), "192.0.2.1");
  EXPECT_EQ(Read("192.0.2.0,192.0.2.1 ,\t192.0.2.2", 2), "192.0.2.1 | 192.0.2.0");
}

TEST(ForwardedFor, WithoutHopsNobodyIsTrustedAndAllIsFarther) {
  EXPECT_EQ(Read("192.0.2.1, 192.0.2.2", 0), "none | 192.0.2.1, 192.0.2.2");
  EXPECT_EQ(Read("", 0), "none");
}

TEST(ForwardedFor, WhenProxiesWerePassedByItIsTheFarthestEntry) {
  EXPECT_EQ(Read("192.0.2.1, 192.0.2.2", 5), "192.0.2.1");
}

TEST(ForwardedFor, AnEmptyListTellsNothing) {
  EXPECT_EQ(Read("", 1), "none");
  EXPECT_EQ(Read(" , ,", 1), "none");
}

TEST(ForwardedFor, EmptyEntriesAreNone) {
  EXPECT_EQ(Read("192.0.2.1,, 192.0.2.2, ", 2), "192.0.2.1");
}

TEST(ForwardedFor, APortAndBracketsAreTakenOff) {
  EXPECT_EQ(Read("192.0.2.1:4711", 1), "192.0.2.1");
  EXPECT_EQ(Read("[2001:db8::1]:4711", 1), "2001:db8::1");
  EXPECT_EQ(Read("[2001:db8::1]", 1), "2001:db8::1");
  EXPECT_EQ(Read("2001:db8::1", 1), "2001:db8::1");
}

TEST(ForwardedFor, WhatIsNoAddressIsJunk) {
  for (const std::string_view list :
       {"unknown", "_hidden", "192.0.2", "192.0.2.1.5", "fe80::1%eth0", "[2001:db8::1", "::g",
        "client.example.com", "192.0.2.1;x", "\"192.0.2.1\"", ":", "[]"}) {
    EXPECT_EQ(Read(list, 1), "junk") << list;
  }
}

TEST(ForwardedFor, JunkBeyondTheClientIsPassedOn) {
  EXPECT_EQ(Read("unknown, <script>, 192.0.2.1", 1), "192.0.2.1 | unknown, <script>");
}

TEST(ForwardedFor, RepeatedHeadersAreOneList) {
  http::RequestHead head;
  head.headers = {
      {"X-Forwarded-For", "192.0.2.1"}, {"Host", "x"}, {"x-forwarded-for", "192.0.2.2"}};
  EXPECT_EQ(ForwardedList(head), "192.0.2.1,192.0.2.2");
}

}  // namespace
}  // namespace penstock::endpoint
