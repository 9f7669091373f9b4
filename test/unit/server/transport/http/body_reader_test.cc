// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/body_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

class BodyReaderTest : public testing::Test {
 protected:
  BodyResult Fixed(std::uint64_t length, std::string_view in, std::uint64_t limit = 1000) {
    RequestHead head;
    head.content_length = length;
    return Read(head, in, limit);
  }

  BodyResult Chunked(std::string_view in, std::uint64_t limit = 1000) {
    RequestHead head;
    head.chunked = true;
    return Read(head, in, limit);
  }

  BodyResult Read(const RequestHead& head, std::string_view in, std::uint64_t limit) {
    body_.clear();
    reader_.Start(head, limit);
    return reader_.Consume(in, &used_, &body_);
  }

  BodyReader reader_;
  std::size_t used_ = 0;
  std::string body_;
};

TEST_F(BodyReaderTest, ARequestWithoutBodyIsDoneAtOnce) {
  EXPECT_EQ(Read(RequestHead(), "GET /", 1000), BodyResult::kDone);
  EXPECT_EQ(used_, 0u);
  EXPECT_EQ(Fixed(0, "GET /"), BodyResult::kDone);
  EXPECT_EQ(used_, 0u);
}

TEST_F(BodyReaderTest, ReadsByLengthAndLeavesTheRest) {
  EXPECT_EQ(Fixed(5, "helloGET /"), BodyResult::kDone);
  EXPECT_EQ(body_, "hello");
  EXPECT_EQ(used_, 5u);
}

TEST_F(BodyReaderTest, GoesOnWhereItStopped) {
  EXPECT_EQ(Fixed(5, "he"), BodyResult::kNeedMore);
  EXPECT_EQ(reader_.Consume("llo!", &used_, &body_), BodyResult::kDone);
  EXPECT_EQ(body_, "hello");
  EXPECT_EQ(used_, 3u);
}

TEST_F(BodyReaderTest, ReadsChunks) {
  const std::string_view in =
      "5\r\nhello\r\n00A;x=\"y\"\r\n, world123\r\n0\r\nA: b\r\nC:\r\n\r\nGET";
  EXPECT_EQ(Chunked(in), BodyResult::kDone);
  EXPECT_EQ(body_, "hello, world123");
  EXPECT_EQ(in.substr(used_), "GET");
}

TEST_F(BodyReaderTest, RefusesALongBodyBeforeItIsSent) {
  EXPECT_EQ(Fixed(1001, ""), BodyResult::kError);
  EXPECT_EQ(reader_.error().status, 413);
  EXPECT_EQ(Fixed(1000, ""), BodyResult::kNeedMore);
}

TEST_F(BodyReaderTest, LimitsTheSumOfChunks) {
  EXPECT_EQ(Chunked("3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n", 6), BodyResult::kDone);
  EXPECT_EQ(Chunked("3\r\nabc\r\n4\r\nabcd\r\n0\r\n\r\n", 6), BodyResult::kError);
  EXPECT_EQ(reader_.error().status, 413);
  EXPECT_EQ(Chunked("FFFFFFFFFFFFFFFF\r\n"), BodyResult::kError);
  EXPECT_EQ(reader_.error().status, 413);
}

TEST_F(BodyReaderTest, RefusesMalformedChunks) {
  for (const std::string_view in : {"\r\n",
                                    "g\r\n",
                                    "-1\r\n",
                                    "0x1\r\n",
                                    " 1\r\n",
                                    "1 \r\n",
                                    "1\n",
                                    "1\rX",
                                    "1;a\nb",
                                    "1\r\nab",
                                    "1\r\na\n",
                                    "1\r\na\rX",
                                    "1\r\na\r\n\r\n",
                                    "0\r\n\n",
                                    "0\r\n A: b\r\n",
                                    "0\r\nA\n",
                                    "0\r\nA\r\r",
                                    "0\r\n\rX",
                                    "00000000000000001\r\n",
                                    ";\r\n"}) {
    EXPECT_EQ(Chunked(in), BodyResult::kError) << in;
    EXPECT_EQ(reader_.error().status, 400) << in;
  }
}

TEST_F(BodyReaderTest, BoundsWhatItThrowsAway) {
  EXPECT_EQ(Chunked("1;" + std::string(8000, 'x')), BodyResult::kNeedMore);
  EXPECT_EQ(Chunked("1;" + std::string(9000, 'x')), BodyResult::kError);
  EXPECT_EQ(Chunked("0\r\n" + std::string(9000, 'x')), BodyResult::kError);
}

TEST_F(BodyReaderTest, AnErrorStays) {
  EXPECT_EQ(Chunked("g"), BodyResult::kError);
  EXPECT_EQ(reader_.Consume("1\r\na\r\n", &used_, &body_), BodyResult::kError);
  EXPECT_EQ(used_, 0u);
  EXPECT_EQ(body_, "");
}

}  // namespace
}  // namespace penstock::http
