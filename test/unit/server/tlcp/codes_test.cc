// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "tlcp/codes.h"

#include <gtest/gtest.h>

#include <set>

namespace penstock::tlcp {
namespace {

std::set<int> SessionNumbers() {
  return {
#define PENSTOCK_TLCP_SESSION_CODE(enumerator, number, lines, text) number,
#include "tlcp/codes.inc"
  };
}

std::set<int> RequestNumbers() {
  return {
#define PENSTOCK_TLCP_REQUEST_CODE(enumerator, number, lines, text) number,
#include "tlcp/codes.inc"
  };
}

TEST(Codes, SessionTableIsComplete) {
  EXPECT_EQ(SessionNumbers(),
            (std::set<int>{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 20, 21, 31, 32,
                           33, 34, 35, 40, 48, 60, 64, 65, 66, 67, 68, 69, 70, 71}));
}

TEST(Codes, RequestTableIsComplete) {
  EXPECT_EQ(RequestNumbers(),
            (std::set<int>{3,  11, 13, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                           28, 29, 30, 32, 33, 34, 35, 38, 39, 40, 41, 42, 43, 44, 45,
                           46, 47, 48, 49, 50, 51, 52, 53, 56, 65, 66, 67, 68}));
}

TEST(Codes, TextsThatClientsCompareAreExact) {
  EXPECT_EQ(MakeError(SessionCode::kCredentialsRefused), (Error{1, "User/password check failed"}));
  EXPECT_EQ(MakeError(SessionCode::kAdapterSetUnavailable),
            (Error{2, "Requested Adapter Set not available"}));
  EXPECT_EQ(MakeError(SessionCode::kDestroyedByClient), (Error{31, "Destroy invoked by client"}));
  EXPECT_EQ(MakeError(RequestCode::kInvalidMode), (Error{24, "Invalid mode for these items"}));
  EXPECT_EQ(MakeError(RequestCode::kSubscriptionNotFound),
            (Error{19, "Specified subscription not found"}));
  EXPECT_EQ(MakeError(RequestCode::kInternalError),
            (Error{68, "Internal error during request processing"}));
  EXPECT_EQ(MakeError(RequestCode::kMpnDisabled), (Error{40, "MPN Module disabled"}));
}

TEST(Codes, SameNumberMeansAnotherThingOnAnotherLine) {
  EXPECT_EQ(Describe(SessionCode::kMaxDurationReached).number,
            Describe(RequestCode::kMpnDeviceSuspended).number);
  EXPECT_NE(Describe(SessionCode::kMaxDurationReached).text,
            Describe(RequestCode::kMpnDeviceSuspended).text);
}

TEST(Codes, SaysWhichLinesMayCarryACode) {
  EXPECT_EQ(Describe(SessionCode::kDestroyedByClient).lines, unsigned{kEnd});
  EXPECT_EQ(Describe(SessionCode::kComboFailed).lines, unsigned{kConErr});
  EXPECT_EQ(Describe(RequestCode::kMessageSkipped).lines, unsigned{kMsgFail});
  EXPECT_EQ(Describe(RequestCode::kMalformedRequest).lines, unsigned{kReqErr | kError});
}

TEST(Codes, AnotherTextReplacesThatOfTheTable) {
  EXPECT_EQ(MakeError(RequestCode::kInvalidGroup, "no item x"), (Error{21, "no item x"}));
  EXPECT_EQ(MakeError(SessionCode::kComboFailed, "why"), (Error{64, "why"}));
}

TEST(Codes, CustomCodesAreNeverPositive) {
  EXPECT_EQ(MakeCustomError(-7, "no credit"), (Error{-7, "no credit"}));
  EXPECT_EQ(MakeCustomError(0, ""), (Error{0, ""}));
  EXPECT_EQ(MakeCustomError(24, "x"), (Error{0, "x"}));
}

}  // namespace
}  // namespace penstock::tlcp
