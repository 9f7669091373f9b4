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
    auto made = StaticPages::Create((base_ / "root").string(), cache);
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
  endpoint::PageSource::Page Get(std::string_view path, std::string_view if_none_match = {}) {
    http::RequestHead head;
    head.method = http::Method::kGet;
    head.path = path;
    if (!if_none_match.empty()) head.headers.push_back({"If-None-Match", if_none_match});
    return pages_->Get(head);
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

TEST_F(StaticPagesTest, TheCacheTimeIsTold) {
  EXPECT_EQ(Header(Get("/"), "Cache-Control"), "no-cache");
  Make(std::chrono::seconds(60));
  EXPECT_EQ(Header(Get("/"), "Cache-Control"), "max-age=60");
}

TEST_F(StaticPagesTest, AFolderThatIsNotThereIsAnErrorAndNoFolderServesNothing) {
  EXPECT_FALSE(StaticPages::Create((base_ / "nowhere").string(), {}).ok());
  EXPECT_FALSE(StaticPages::Create((base_ / "outside.txt").string(), {}).ok());
  pages_ = std::move(*StaticPages::Create("", {}));
  EXPECT_EQ(Body("/"), "404");
}

}  // namespace
}  // namespace penstock::admin
