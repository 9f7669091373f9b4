// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <string_view>

#include <gtest/gtest.h>

#include "transport/http/mime_types.h"
#include "transport/http/path.h"

namespace penstock::http {
namespace {

using namespace std::string_view_literals;

TEST(SafeRelativePath, DecodesOnceAndCollapses) {
  EXPECT_EQ(SafeRelativePath("/"), "");
  EXPECT_EQ(SafeRelativePath("/index.html"), "index.html");
  EXPECT_EQ(SafeRelativePath("//a/./b//c"), "a/b/c");
  EXPECT_EQ(SafeRelativePath("/docs/"), "docs/");
  EXPECT_EQ(SafeRelativePath("/a%20b/%C3%A8.txt"), "a b/\xC3\xA8.txt");
  EXPECT_EQ(SafeRelativePath("/%252e%252e/x"), "%2e%2e/x");
  EXPECT_EQ(SafeRelativePath("/a..b/c..."), "a..b/c...");
}

TEST(SafeRelativePath, RefusesWaysOut) {
  for (const std::string_view path :
       {""sv,        "*"sv,          "a/b"sv,     "/.."sv,          "/../x"sv,
        "/a/../x"sv, "/%2e%2E/x"sv,  "/.%2e/x"sv, "/a/%2E%2e"sv,    "/a%2f..%2fx"sv,
        "/a%2Fb"sv,  "/a\\b"sv,      "/..%5cx"sv, "/.git/config"sv, "/a/.hidden"sv,
        "/..."sv,    "/a%00.html"sv, "/a\0b"sv,   "/a%0Ab"sv,       "/a%7F"sv,
        "/%C0%AE"sv, "/%FF"sv,       "/%4"sv,     "/%"sv,           "/%zz"sv,
        "/\xFF"sv}) {
    EXPECT_EQ(SafeRelativePath(path), std::nullopt) << path;
  }
}

TEST(MimeTypeOf, GoesByTheExtension) {
  EXPECT_EQ(MimeTypeOf("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(MimeTypeOf("a/b.min.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(MimeTypeOf("a.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(MimeTypeOf("a.js.map"), "application/json");
  EXPECT_EQ(MimeTypeOf("logo.svg"), "image/svg+xml");
  EXPECT_EQ(MimeTypeOf("a.wasm"), "application/wasm");
  EXPECT_EQ(MimeTypeOf("LICENSE"), "application/octet-stream");
  EXPECT_EQ(MimeTypeOf("v1.js/file"), "application/octet-stream");
  EXPECT_EQ(MimeTypeOf("x."), "application/octet-stream");
}

}  // namespace
}  // namespace penstock::http
