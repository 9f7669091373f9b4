// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/version.h"

#include <gtest/gtest.h>

namespace penstock::tlcp {
namespace {

TEST(Version, ParsesProtocol) {
  EXPECT_EQ(ParseProtocol("TLCP-2.5.0"), (Version{2, 5, 0}));
  EXPECT_EQ(ParseProtocol("TLCP-19.0.3"), (Version{19, 0, 3}));
}

TEST(Version, RefusesOtherForms) {
  for (const char* text : {"", "TLCP-", "TLCP-2.5", "TLCP-2.5.", "TLCP-2.5.0.1", "tlcp-2.5.0",
                           "TLCP-2.5.0 ", "TLCP-2.-5.0", "TLCP-2.70000.0", "2.5.0"}) {
    EXPECT_EQ(ParseProtocol(text), std::nullopt) << text;
  }
}

TEST(Version, ParsesSubprotocol) {
  EXPECT_EQ(ParseSubprotocol("TLCP-2.1.0.lightstreamer.com"), (Version{2, 1, 0}));
  EXPECT_EQ(ParseSubprotocol("TLCP-9.0.0.lightstreamer.com"), (Version{9, 0, 0}));
  EXPECT_EQ(ParseSubprotocol("TLCP-2.1.0"), std::nullopt);
  EXPECT_EQ(ParseSubprotocol("TLCP-2.1.0.example.com"), std::nullopt);
  EXPECT_EQ(ParseSubprotocol(".lightstreamer.com"), std::nullopt);
}

TEST(Version, SupportsTheFamilyFromOldestToNewest) {
  for (std::uint16_t minor = 0; minor <= 5; ++minor) {
    EXPECT_TRUE((Version{2, minor, 0}).IsSupported()) << minor;
  }
  EXPECT_FALSE((Version{2, 6, 0}).IsSupported());
  EXPECT_FALSE((Version{2, 5, 1}).IsSupported());
  EXPECT_FALSE((Version{1, 5, 0}).IsSupported());
  EXPECT_FALSE((Version{3, 0, 0}).IsSupported());
}

TEST(Version, GatesWhatOlderClientsDoNotKnow) {
  EXPECT_TRUE((Version{2, 5, 0}).HasMessageResponse());
  EXPECT_FALSE((Version{2, 4, 0}).HasMessageResponse());
  EXPECT_TRUE((Version{2, 4, 0}).HasValueDiffs());
  EXPECT_FALSE((Version{2, 3, 0}).HasValueDiffs());
  EXPECT_TRUE((Version{2, 3, 0}).HasIncompatibleSessionCode());
  EXPECT_FALSE((Version{2, 2, 0}).HasIncompatibleSessionCode());
  EXPECT_TRUE((Version{2, 2, 0}).HasTryLaterCodes());
  EXPECT_FALSE((Version{2, 1, 0}).HasTryLaterCodes());
}

TEST(Version, RefusalHasTheTextThatClientsKnow) {
  const Error error{65, "Unsupported protocol version: 9.0.0"};
  EXPECT_EQ(UnsupportedProtocol("TLCP-9.0.0"), error);
  EXPECT_EQ(UnsupportedProtocol((Version{9, 0, 0}).ToString()), error);
}

}  // namespace
}  // namespace penstock::tlcp
