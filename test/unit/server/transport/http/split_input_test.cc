// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/server/transport/http/transcribe.h"

namespace penstock::http {
namespace {

constexpr std::string_view kInputs[] = {
    "\r\nPOST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    "GET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.1\r\nHost: h",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;x=y\r\nabc\r\n00b\r\nhello world\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nFFFF\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\nx",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\nrest",
    "GET /a-rather-long-path-that-is-beyond-the-limit-of-this-test-for-lines HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: 0123456789012345678901234567890123456789012345678901234567890"
    "1234567890123456789012345678901234567890\r\n\r\n",
    "\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "\r\rGET / HTTP/1.1\r\n\r\n",
    "\x16\x03\x01",
};

std::string Transcribe(std::string_view input, const std::vector<std::size_t>& cuts) {
  HeadLimits limits;
  limits.max_request_line_bytes = 60;
  limits.max_head_bytes = 120;
  return Transcriber(limits, 50).Run(input, cuts);
}

TEST(SplitInput, EveryCutTellsTheSame) {
  for (const std::string_view input : kInputs) {
    const std::string whole = Transcribe(input, {});
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      EXPECT_EQ(Transcribe(input, {cut}), whole) << "cut at " << cut << " of " << input;
    }
  }
}

TEST(SplitInput, ByteByByteTellsTheSame) {
  for (const std::string_view input : kInputs) {
    std::vector<std::size_t> cuts;
    for (std::size_t cut = 1; cut < input.size(); ++cut) cuts.push_back(cut);
    EXPECT_EQ(Transcribe(input, cuts), Transcribe(input, {})) << input;
  }
}

TEST(SplitInput, TellsWhatWasThere) {
  EXPECT_EQ(Transcribe(kInputs[1], {}),
            "head POST h / ?  1.1 keep-alive chunked\n  Host=h\n  Transfer-Encoding=chunked\n"
            "body abchello world\n"
            "head GET h / ?  1.1 keep-alive\n  Host=h\nbody \nrest 0\n");
  EXPECT_EQ(Transcribe(kInputs[7], {}), "error 414 request line too long\nrest 0\n");
  EXPECT_EQ(Transcribe(kInputs[8], {}), "error 431 head too large\nrest 0\n");
}

}  // namespace
}  // namespace penstock::http
