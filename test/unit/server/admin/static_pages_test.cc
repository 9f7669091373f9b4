// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "admin/static_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "transport/http/request_head.h"

namespace penstock::admin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kThreshold = 1000;

class StaticPagesTest : public testing::Test {
 protected:
  StaticPagesTest() {
    std::string pattern = (fs::temp_directory_path() / "pages-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    fs::create_directories(base_ / "root/sub");
    Write("root/index.html", "<home>");
    Write("root/sub/index.html", "<sub>");
    Write("root/a.js", "var a");
    Write("root/.secret", "s");
    Write("outside.txt", "outside");
    Make(std::chrono::seconds(0));
  }
  ~StaticPagesTest() override { fs::remove_all(base_); }

  void Make(std::chrono::seconds cache) {
    auto made = StaticPages::Create((base_ / "root").string(), cache, kThreshold);
    ASSERT_TRUE(made.ok());
    pages_ = std::move(*made);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(base_ / name, std::ios::trunc) << text;
  }
  // A time of change that a test decides.
  void Touch(const std::string& name, std::int64_t seconds) {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (base_ / name).c_str(), times, 0), 0);
  }
  endpoint::PageSource::Page Get(std::string_view path, std::string_view if_none_match = {},
                                 bool takes_gzip = false) {
    http::RequestHead head;
    head.method = http::Method::kGet;
    head.path = path;
    if (!if_none_match.empty()) head.headers.push_back({"If-None-Match", if_none_match});
    return pages_->Get(head, takes_gzip);
  }
  std::string Body(std::string_view path) {
    const endpoint::PageSource::Page page = Get(path);
    return page.status == 200 ? *page.body : std::to_string(page.status);
  }
  static std::string Header(const endpoint::PageSource::Page& page, const std::string& name) {
    const std::size_t at = page.headers.find(name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + name.size() + 2;
    return page.headers.substr(begin, page.headers.find('\r', begin) - begin);
  }

  fs::path base_;
  std::unique_ptr<StaticPages> pages_;
};

TEST_F(StaticPagesTest, ServesFilesAndTheIndexOfAFolder) {
  EXPECT_EQ(Body("/"), "<home>");
  EXPECT_EQ(Body("/a.js"), "var a");
  EXPECT_EQ(Body("/sub/"), "<sub>");
  EXPECT_EQ(Body("/sub/index.html"), "<sub>");
  EXPECT_EQ(Body("/%61.js"), "var a");
  EXPECT_EQ(Body("/none"), "404");
  EXPECT_TRUE(Get("/a.js").content_type.starts_with("text/javascript"));
  EXPECT_EQ(Header(Get("/a.js"), "X-Content-Type-Options"), "nosniff");
}

TEST_F(StaticPagesTest, AFolderWithoutItsSlashIsRedirected) {
  const endpoint::PageSource::Page page = Get("/sub");
  EXPECT_EQ(page.status, 301);
  EXPECT_EQ(Header(page, "Location"), "/sub/");
}

TEST_F(StaticPagesTest, ARedirectStaysOnThisServer) {
  // Two slashes would name another host.
  for (const char* path : {"//sub", "///sub", "//sub/../sub"}) {
    const endpoint::PageSource::Page page = Get(path);
    const std::string to = Header(page, "Location");
    EXPECT_TRUE(to.empty() || to == "/sub/") << path;
  }
}

TEST_F(StaticPagesTest, NoPathLeadsOutside) {
  for (const char* path :
       {"/../outside.txt", "/sub/../../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt",
        "/.%2e/outside.txt", "/..\\outside.txt", "/sub/..", "/a.js%00.html", "/%", "", "*"}) {
    EXPECT_EQ(Body(path), "404") << path;
  }
}

TEST_F(StaticPagesTest, NoSymbolicLinkLeadsOutside) {
  fs::create_symlink(base_ / "outside.txt", base_ / "root/link.txt");
  fs::create_directory_symlink(base_, base_ / "root/up");
  fs::create_symlink(base_ / "root/a.js", base_ / "root/inside.js");
  EXPECT_EQ(Body("/link.txt"), "404");
  EXPECT_EQ(Body("/up/outside.txt"), "404");
  EXPECT_EQ(Body("/inside.js"), "var a");
}

TEST_F(StaticPagesTest, AFolderNextDoorWithTheSameBeginningIsOutside) {
  fs::create_directories(base_ / "root-private");
  Write("root-private/x", "x");
  fs::create_symlink(base_ / "root-private/x", base_ / "root/x");
  EXPECT_EQ(Body("/x"), "404");
}

TEST_F(StaticPagesTest, HiddenFilesAndWhatIsNoFileAreNotServed) {
  EXPECT_EQ(Body("/.secret"), "404");
  EXPECT_EQ(Body("/%2esecret"), "404");
  ASSERT_EQ(::mkfifo((base_ / "root/pipe").c_str(), 0600), 0);
  EXPECT_EQ(Body("/pipe"), "404");
  fs::create_directories(base_ / "root/empty");
  EXPECT_EQ(Body("/empty/"), "404");
}

TEST_F(StaticPagesTest, AClientThatHasTheFileIsToldSo) {
  const std::string etag = Header(Get("/a.js"), "ETag");
  ASSERT_FALSE(etag.empty());
  const endpoint::PageSource::Page known = Get("/a.js", etag);
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, nullptr);
  EXPECT_EQ(Header(known, "ETag"), etag);
  EXPECT_EQ(Get("/a.js", "\"other\"").status, 200);
}

TEST_F(StaticPagesTest, AChangedFileIsReadAgainEvenIfItsTimeIsTheSame) {
  Touch("root/a.js", 1'000'000'000);
  EXPECT_EQ(Body("/a.js"), "var a");
  const std::string etag = Header(Get("/a.js"), "ETag");
  Write("root/a.js", "var longer");
  Touch("root/a.js", 1'000'000'000);
  EXPECT_EQ(Body("/a.js"), "var longer");
  EXPECT_EQ(Get("/a.js", etag).status, 200);
  Write("root/a.js", "var othery");
  Touch("root/a.js", 1'000'000'001);
  EXPECT_EQ(Body("/a.js"), "var othery");
  fs::remove(base_ / "root/a.js");
  EXPECT_EQ(Body("/a.js"), "404");
}

TEST_F(StaticPagesTest, ALongFileIsCompressedForWhomTakesIt) {
  const std::string text(10'000, 'x');
  Write("root/long.js", text);
  const endpoint::PageSource::Page plain = Get("/long.js");
  EXPECT_EQ(*plain.body, text);
  EXPECT_EQ(Header(plain, "Content-Encoding"), "");
  EXPECT_EQ(Header(plain, "Vary"), "Accept-Encoding");
  const endpoint::PageSource::Page small = Get("/long.js", {}, true);
  EXPECT_EQ(Header(small, "Content-Encoding"), "gzip");
  EXPECT_EQ(Header(small, "Vary"), "Accept-Encoding");
  EXPECT_EQ(small.bytes_saved, text.size() - small.body->size());
  EXPECT_LT(small.body->size(), 200u);
  // Each form has its own tag.
  const std::string etag = Header(small, "ETag");
  EXPECT_NE(etag, Header(plain, "ETag"));
  EXPECT_EQ(Get("/long.js", etag, true).status, 304);
  EXPECT_EQ(Get("/long.js", etag, false).status, 200);
}

TEST_F(StaticPagesTest, WhatIsShortOrDoesNotGetSmallerIsSentAsItIs) {
  std::string noise;
  for (std::uint32_t i = 0, state = 1; i < 5000; ++i) {
    state = state * 1'664'525 + 1'013'904'223;
    noise += static_cast<char>(state >> 24);
  }
  Write("root/picture.png", noise);
  EXPECT_EQ(*Get("/picture.png", {}, true).body, noise);
  EXPECT_EQ(*Get("/a.js", {}, true).body, "var a");
}

TEST_F(StaticPagesTest, AChangedFileIsCompressedAnew) {
  Write("root/long.js", std::string(10'000, 'x'));
  const std::string first = *Get("/long.js", {}, true).body;
  Write("root/long.js", std::string(20'000, 'y'));
  EXPECT_NE(*Get("/long.js", {}, true).body, first);
}

TEST_F(StaticPagesTest, TheCacheTimeIsTold) {
  EXPECT_EQ(Header(Get("/"), "Cache-Control"), "no-cache");
  Make(std::chrono::seconds(60));
  EXPECT_EQ(Header(Get("/"), "Cache-Control"), "max-age=60");
}

TEST_F(StaticPagesTest, AFolderThatIsNotThereIsAnErrorAndNoFolderServesNothing) {
  EXPECT_FALSE(StaticPages::Create((base_ / "nowhere").string(), {}, kThreshold).ok());
  EXPECT_FALSE(StaticPages::Create((base_ / "outside.txt").string(), {}, kThreshold).ok());
  pages_ = std::move(*StaticPages::Create("", {}, kThreshold));
  EXPECT_EQ(Body("/"), "404");
}

}  // namespace
}  // namespace penstock::admin
