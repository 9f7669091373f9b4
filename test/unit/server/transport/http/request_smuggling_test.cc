// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "transport/http/request_head_parser.h"

// Heads that two readers on one way could understand in two ways. Each must be refused.

namespace penstock::http {
namespace {

struct Case {
  const char* name;
  std::string_view head;
  int status;
};

using namespace std::string_view_literals;

class RequestSmuggling : public testing::TestWithParam<Case> {};

TEST_P(RequestSmuggling, IsRefused) {
  RequestHeadParser parser;
  RequestHead head;
  RequestError error;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.Parse(GetParam().head, HeadLimits(), &head, &consumed, &error),
            ParseResult::kError);
  EXPECT_EQ(error.status, GetParam().status);
  EXPECT_FALSE(error.text.empty());
  EXPECT_EQ(consumed, 0u);
}

#define POST_HEAD(headers) "POST / HTTP/1.1\r\nHost: h\r\n" headers "\r\n"sv

INSTANTIATE_TEST_SUITE_P(
    Heads, RequestSmuggling,
    testing::Values(
        Case{"BothLengths", POST_HEAD("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Case{"BothLengthsReversed",
             POST_HEAD("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        Case{"BothLengthsUnknownEncoding",
             POST_HEAD("Transfer-Encoding: x\r\nContent-Length: 5\r\n"), 400},
        Case{"DifferingLengths", POST_HEAD("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Case{"RepeatedLength", POST_HEAD("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Case{"ListOfLengths", POST_HEAD("Content-Length: 5, 5\r\n"), 400},
        Case{"EmptyLength", POST_HEAD("Content-Length:\r\n"), 400},
        Case{"SignedLength", POST_HEAD("Content-Length: +5\r\n"), 400},
        Case{"NegativeLength", POST_HEAD("Content-Length: -5\r\n"), 400},
        Case{"HexLength", POST_HEAD("Content-Length: 0x5\r\n"), 400},
        Case{"InnerSpaceLength", POST_HEAD("Content-Length: 5 5\r\n"), 400},
        Case{"OverflowingLength", POST_HEAD("Content-Length: 18446744073709551616\r\n"), 400},
        Case{"SpaceBeforeColon", POST_HEAD("Content-Length : 5\r\n"), 400},
        Case{"TabBeforeColon", POST_HEAD("Content-Length\t: 5\r\n"), 400},
        Case{"FoldedValue", POST_HEAD("Transfer-Encoding:\r\n chunked\r\n"), 400},
        Case{"FoldedByTab", POST_HEAD("X: a\r\n\tb\r\n"), 400},
        Case{"FoldedFirstHeader", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"sv, 400},
        Case{"BareLfInHeaders", POST_HEAD("X: a\nContent-Length: 5\r\n"), 400},
        Case{"BareLfOnly", "GET / HTTP/1.1\nHost: h\n\n"sv, 400},
        Case{"BareLfAtEnd", "GET / HTTP/1.1\r\nHost: h\r\n\n"sv, 400},
        Case{"BareCrInValue", POST_HEAD("X: a\rContent-Length: 5\r\n"), 400},
        Case{"BareCrInRequestLine", "GET / HTTP/1.1\rHost: h\r\nHost: h\r\n\r\n"sv, 400},
        Case{"NulInValue", POST_HEAD("X: a\0b\r\n"), 400},
        Case{"NulInName", POST_HEAD("X\0: b\r\n"), 400},
        Case{"ControlInValue", POST_HEAD("X: a\x7F\r\n"), 400},
        Case{"EmptyName", POST_HEAD(": b\r\n"), 400},
        Case{"NoColon", POST_HEAD("Content-Length 5\r\n"), 400},
        Case{"EightBitName", POST_HEAD("Content\xADLength: 5\r\n"), 400},
        Case{"ChunkedNotLast", POST_HEAD("Transfer-Encoding: chunked, identity\r\n"), 501},
        Case{"OtherEncodingFirst", POST_HEAD("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Case{"ObscuredEncoding", POST_HEAD("Transfer-Encoding: xchunked\r\n"), 501},
        Case{"QuotedEncoding", POST_HEAD("Transfer-Encoding: \"chunked\"\r\n"), 501},
        Case{"EmptyEncoding", POST_HEAD("Transfer-Encoding:\r\n"), 501},
        Case{"VerticalTabEncoding", POST_HEAD("Transfer-Encoding: \vchunked\r\n"), 400},
        Case{"RepeatedEncoding",
             POST_HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 501},
        Case{"ChunkedTwice",
             POST_HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 501},
        Case{"EncodingInOldVersion", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
             400},
        Case{"NoHost", "GET / HTTP/1.1\r\nX: y\r\n\r\n"sv, 400},
        Case{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv, 400},
        Case{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"sv, 400},
        Case{"HostWithSpace", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"sv, 400},
        Case{"HostWithUser", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"sv, 400}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(RequestSmugglingText, NamesTheFold) {
  RequestHeadParser parser;
  RequestHead head;
  RequestError error;
  std::size_t consumed = 0;
  ASSERT_EQ(parser.Parse(POST_HEAD("X: a\r\n Content-Length: 5\r\n"), HeadLimits(), &head,
                         &consumed, &error),
            ParseResult::kError);
  EXPECT_EQ(error.text, "folded header line");
}

TEST(RequestSmugglingOracle, TheSameRequestsWithoutTheTrickAreServed) {
  for (const std::string_view text :
       {POST_HEAD("Content-Length: 5\r\n"), POST_HEAD("Transfer-Encoding: chunked\r\n"),
        POST_HEAD("transfer-encoding:CHUNKED\r\n"), POST_HEAD("X: \xE9\t\"a\"\r\n"),
        POST_HEAD("X:\r\n")}) {
    RequestHeadParser parser;
    RequestHead head;
    RequestError error;
    std::size_t consumed = 0;
    EXPECT_EQ(parser.Parse(text, HeadLimits(), &head, &consumed, &error), ParseResult::kComplete)
        << text;
  }
}

}  // namespace
}  // namespace penstock::http
