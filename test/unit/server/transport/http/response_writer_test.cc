// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/response_writer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

TEST(ResponseWriter, WritesFixedHead) {
  const std::vector<Header> headers = {{"X-A", "1"}, {"X-B", "2"}};
  ResponseHead head;
  head.content_type = "text/html";
  head.date = "Thu, 01 Jan 1970 00:00:00 GMT";
  head.headers = headers;
  head.rendered_headers = "Cache-Control: no-store\r\n";
  std::string out = "before ";
  AppendFixedHead(head, 42, &out);
  EXPECT_EQ(out,
            "before HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Type: text/html\r\nX-A: 1\r\nX-B: 2\r\nCache-Control: no-store\r\n"
            "Content-Length: 42\r\n\r\n");
}

TEST(ResponseWriter, TellsWhetherTheConnectionStays) {
  const auto connection = [](int minor, bool keep_alive) {
    ResponseHead head;
    head.version_minor = minor;
    head.keep_alive = keep_alive;
    std::string out;
    AppendFixedHead(head, 0, &out);
    if (out.find("\r\nConnection: close\r\n") != std::string::npos) return "close";
    if (out.find("\r\nConnection: keep-alive\r\n") != std::string::npos) return "keep-alive";
    return "";
  };
  EXPECT_STREQ(connection(1, true), "");
  EXPECT_STREQ(connection(1, false), "close");
  EXPECT_STREQ(connection(0, true), "keep-alive");
  EXPECT_STREQ(connection(0, false), "close");
}

TEST(ResponseWriter, WritesTheOtherFramings) {
  ResponseHead head;
  std::string out;
  AppendChunkedHead(head, &out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  out.clear();
  AppendCloseDelimitedHead(head, &out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  out.clear();
  head.status = 304;
  AppendBodilessHead(head, &out);
  EXPECT_EQ(out, "HTTP/1.1 304 Not Modified\r\n\r\n");
}

TEST(ResponseWriter, WritesShortAnswer) {
  ResponseHead head;
  head.status = 404;
  std::string out;
  AppendResponse(head, "no such page", &out);
  EXPECT_EQ(out,
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 12\r\n\r\nno such page");
}

TEST(ResponseWriter, AValueCannotEndItsLine) {
  std::string out;
  AppendHeader("X\r\nY", std::string_view("a\r\nSet-Cookie: b\0", 17), &out);
  EXPECT_EQ(out, "X  Y: a  Set-Cookie: b \r\n");
}

TEST(ResponseWriter, FillsInTheChunkSizeInFrontOfThePayload) {
  std::string out = "head";
  const std::size_t mark = BeginChunk(&out);
  out += "PROBE\r\n";
  EndChunk(mark, &out);
  EXPECT_EQ(out, "head0007\r\nPROBE\r\n\r\n");
}

TEST(ResponseWriter, AnEmptyChunkIsNotWritten) {
  std::string out = "head";
  EndChunk(BeginChunk(&out), &out);
  EXPECT_EQ(out, "head");
  AppendChunk("", &out);
  EXPECT_EQ(out, "head");
}

TEST(ResponseWriter, WritesLargestAndLargerChunks) {
  std::string out;
  std::size_t mark = BeginChunk(&out);
  out.append(kMaxChunkPayload, 'x');
  EndChunk(mark, &out);
  EXPECT_EQ(out.substr(0, 7), "FFFF\r\nx");
  EXPECT_EQ(out.size(), kChunkPrefixSize + kMaxChunkPayload + 2);

  out = "head";
  mark = BeginChunk(&out);
  out.append(kMaxChunkPayload + 1, 'x');
  EndChunk(mark, &out);
  EXPECT_EQ(out, "head10000\r\n" + std::string(kMaxChunkPayload + 1, 'x') + "\r\n");
}

TEST(ResponseWriter, AppendsChunks) {
  std::string out;
  AppendChunk("0123456789abcdef", &out);
  AppendLastChunk(&out);
  EXPECT_EQ(out, "10\r\n0123456789abcdef\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace penstock::http
