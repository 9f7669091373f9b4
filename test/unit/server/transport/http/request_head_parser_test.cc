// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/http/request_head_parser.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

class RequestHeadParserTest : public testing::Test {
 protected:
  ParseResult Parse(std::string_view text) {
    text_ = text;
    return parser_.Parse(text_, limits_, &head_, &consumed_, &error_);
  }

  // Status of the refusal, or 200 or 100 (continue) when there is none.
  int StatusOf(std::string_view text) {
    parser_.Reset();
    const ParseResult result = Parse(text);
    if (result == ParseResult::kError) return error_.status;
    return result == ParseResult::kComplete ? 200 : 100;
  }

  HeadLimits limits_;
  RequestHeadParser parser_;
  RequestHead head_;
  std::size_t consumed_ = 0;
  RequestError error_;
  std::string text_;
};

TEST_F(RequestHeadParserTest, ReadsPost) {
  ASSERT_EQ(Parse("POST /lightstreamer/control.txt?LS_protocol=TLCP-2.5.0&a=b HTTP/1.1\r\n"
                  "Host: push.example.com:8080\r\n"
                  "Content-Type:text/plain\r\n"
                  "Content-Length: \t 12 \t\r\n"
                  "\r\n"
                  "LS_reqId=1&x"),
            ParseResult::kComplete);
  EXPECT_EQ(head_.method, Method::kPost);
  EXPECT_EQ(head_.method_text, "POST");
  EXPECT_EQ(head_.path, "/lightstreamer/control.txt");
  EXPECT_EQ(head_.query, "LS_protocol=TLCP-2.5.0&a=b");
  EXPECT_EQ(head_.target, "/lightstreamer/control.txt?LS_protocol=TLCP-2.5.0&a=b");
  EXPECT_EQ(head_.host, "push.example.com:8080");
  EXPECT_EQ(head_.version_minor, 1);
  EXPECT_EQ(head_.content_length, 12u);
  EXPECT_TRUE(head_.keep_alive);
  EXPECT_TRUE(head_.has_body());
  EXPECT_EQ(head_.headers.size(), 3u);
  EXPECT_EQ(head_.Find("CONTENT-type"), "text/plain");
  EXPECT_EQ(head_.Find("Content"), std::nullopt);
  EXPECT_EQ(text_.substr(consumed_), "LS_reqId=1&x");
}

TEST_F(RequestHeadParserTest, ViewsPointIntoTheBuffer) {
  ASSERT_EQ(Parse("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"), ParseResult::kComplete);
  EXPECT_EQ(head_.path.data(), text_.data() + 4);
}

TEST_F(RequestHeadParserTest, ReadsPipelinedRequestsOneByOne) {
  const std::string two = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_EQ(Parse(two), ParseResult::kComplete);
  EXPECT_EQ(head_.path, "/1");
  EXPECT_EQ(consumed_, two.size() / 2);
  ASSERT_EQ(Parse(two.substr(consumed_)), ParseResult::kComplete);
  EXPECT_EQ(head_.path, "/2");
  EXPECT_EQ(head_.headers.size(), 1u);
}

TEST_F(RequestHeadParserTest, NothingOfAnEarlierHeadSurvives) {
  ASSERT_EQ(Parse("POST /?q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                  "Expect: 100-continue\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
            ParseResult::kComplete);
  EXPECT_TRUE(head_.chunked && head_.expect_continue && head_.upgrade_websocket);
  ASSERT_EQ(Parse("GET / HTTP/1.0\r\n\r\n"), ParseResult::kComplete);
  EXPECT_FALSE(head_.chunked || head_.expect_continue || head_.upgrade_websocket);
  EXPECT_EQ(head_.query, "");
  EXPECT_EQ(head_.host, "");
  EXPECT_TRUE(head_.headers.empty());
}

TEST_F(RequestHeadParserTest, KeepsTheConnectionAsVersionAndHeaderSay) {
  const auto keep_alive = [this](std::string_view head) {
    EXPECT_EQ(Parse(head), ParseResult::kComplete) << head;
    return head_.keep_alive;
  };
  EXPECT_TRUE(keep_alive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.1\r\nHost: h\r\nConnection: x , CLOSE\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keep_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
  EXPECT_FALSE(keep_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"));
}

TEST_F(RequestHeadParserTest, AnUpgradeNeedsBothHeaders) {
  const auto upgrade = [this](std::string_view headers) {
    EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n"),
              ParseResult::kComplete);
    return head_.upgrade_websocket;
  };
  EXPECT_TRUE(upgrade("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"));
  EXPECT_FALSE(upgrade("Upgrade: websocket\r\n"));
  EXPECT_FALSE(upgrade("Connection: upgrade\r\n"));
  EXPECT_FALSE(upgrade("Upgrade: h2c\r\nConnection: upgrade\r\n"));
}

TEST_F(RequestHeadParserTest, ReadsAbsoluteTarget) {
  ASSERT_EQ(Parse("GET HTTP://a.example:81/p?q HTTP/1.1\r\nHost: b.example\r\n\r\n"),
            ParseResult::kComplete);
  EXPECT_EQ(head_.host, "a.example:81");
  EXPECT_EQ(head_.path, "/p");
  EXPECT_EQ(head_.query, "q");
  ASSERT_EQ(Parse("GET https://a.example?q HTTP/1.1\r\nHost: b\r\n\r\n"), ParseResult::kComplete);
  EXPECT_EQ(head_.path, "/");
  EXPECT_EQ(head_.query, "q");
}

TEST_F(RequestHeadParserTest, ReadsOptionsOfTheServer) {
  ASSERT_EQ(Parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), ParseResult::kComplete);
  EXPECT_EQ(head_.path, "*");
  EXPECT_EQ(StatusOf("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST_F(RequestHeadParserTest, LeavesUnknownMethodsToTheRouter) {
  ASSERT_EQ(Parse("PATCH / HTTP/1.1\r\nHost: h\r\n\r\n"), ParseResult::kComplete);
  EXPECT_EQ(head_.method, Method::kOther);
  EXPECT_EQ(head_.method_text, "PATCH");
}

TEST_F(RequestHeadParserTest, SkipsTwoEmptyLinesBeforeTheRequest) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(StatusOf("\r\n\r\n" + request), 200);
  EXPECT_EQ(consumed_, request.size() + 4);
  EXPECT_EQ(StatusOf("\r\n\r\n\r\n" + request), 400);
}

TEST_F(RequestHeadParserTest, TellsVersions) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 200);
  EXPECT_EQ(head_.version_minor, 1);
  EXPECT_EQ(StatusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / HTTP/0.9\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / http/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.10\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /\r\n\r\n"), 400);
}

TEST_F(RequestHeadParserTest, RefusesBrokenRequestLines) {
  const std::string rest = " HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(StatusOf("GET  /" + rest), 400);
  EXPECT_EQ(StatusOf("GET / " + rest), 400);
  EXPECT_EQ(StatusOf("GET\t/" + rest), 400);
  EXPECT_EQ(StatusOf("G(T /" + rest), 400);
  EXPECT_EQ(StatusOf("GET a" + rest), 400);
  EXPECT_EQ(StatusOf("GET /#f" + rest), 400);
  EXPECT_EQ(StatusOf("GET /\x80" + rest), 400);
  EXPECT_EQ(StatusOf("GET /\x01" + rest), 400);
  EXPECT_EQ(StatusOf("GET http://" + rest), 400);
  EXPECT_EQ(StatusOf("GET http://user@host/" + rest), 400);
  EXPECT_EQ(StatusOf("CONNECT h:443" + rest), 501);
}

TEST_F(RequestHeadParserTest, RefusesTlsOnAPlainPortAtItsFirstByte) {
  EXPECT_EQ(StatusOf("\x16"), 400);
}

TEST_F(RequestHeadParserTest, RefusesUnknownExpectation) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n"), 417);
}

TEST_F(RequestHeadParserTest, LimitsTheRequestLine) {
  limits_.max_request_line_bytes = 20;
  EXPECT_EQ(StatusOf("GET /12345678901 HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
  EXPECT_EQ(StatusOf("GET /123456 HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
  EXPECT_EQ(StatusOf("GET /1234567 HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
  EXPECT_EQ(StatusOf(std::string(21, 'G')), 100);
  EXPECT_EQ(StatusOf(std::string(22, 'G')), 414);
}

TEST_F(RequestHeadParserTest, LimitsTheHead) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  limits_.max_head_bytes = request.size();
  EXPECT_EQ(StatusOf(request + "more"), 200);
  limits_.max_head_bytes = request.size() - 1;
  EXPECT_EQ(StatusOf(request), 431);
  EXPECT_EQ(StatusOf(request.substr(0, request.size() - 2)), 100);
  EXPECT_EQ(StatusOf(request.substr(0, request.size() - 1)), 431);
}

TEST_F(RequestHeadParserTest, LimitsTheNumberOfHeaders) {
  limits_.max_headers = 2;
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: h\r\na: b\r\n\r\n"), 200);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: h\r\na: b\r\na: b\r\n\r\n"), 431);
}

TEST_F(RequestHeadParserTest, LeavesTheHeadAloneUntilItIsWhole) {
  head_.path = "before";
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: h\r\n\r"), ParseResult::kNeedMore);
  EXPECT_EQ(head_.path, "before");
  EXPECT_EQ(consumed_, 0u);
}

}  // namespace
}  // namespace penstock::http
