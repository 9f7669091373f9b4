// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "admin/static_pages.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <utility>

#include "transport/http/gzip.h"
#include "transport/http/mime_types.h"
#include "transport/http/path.h"
#include "transport/http/response_writer.h"

namespace penstock::admin {

namespace {

constexpr std::size_t kMaxFileBytes = 32 * 1024 * 1024;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxCompressedBytes = 4 * 1024 * 1024;  // for the time it takes
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

endpoint::PageSource::Page NotFound() {
  endpoint::PageSource::Page page;
  page.status = 404;
  page.content_type = kPlainText;
  page.body = std::make_shared<const std::string>("Not found\r\n");
  return page;
}

// What the path leads to after all links; empty if nothing.
std::string RealPath(const std::string& path) {
  char resolved[PATH_MAX];
  return ::realpath(path.c_str(), resolved) == nullptr ? std::string() : std::string(resolved);
}

// The whole of a regular file.
std::shared_ptr<const std::string> ReadFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return nullptr;
  std::string body;
  char buffer[16 * 1024];
  ssize_t got = 0;
  while ((got = ::read(descriptor, buffer, sizeof buffer)) > 0) {
    body.append(buffer, static_cast<std::size_t>(got));
    if (body.size() > kMaxFileBytes) break;
  }
  ::close(descriptor);
  if (got != 0) return nullptr;
  return std::make_shared<const std::string>(std::move(body));
}

}  // namespace

StatusOr<std::unique_ptr<StaticPages>> StaticPages::Create(const std::string& folder,
                                                           std::chrono::seconds cache,
                                                           std::size_t compression_threshold) {
  std::string root;
  if (!folder.empty()) {
    root = RealPath(folder);
    struct stat info {};
    if (root.empty() || ::stat(root.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return InvalidArgument("pages.dir: " + folder + " is not a folder");
    }
  }
  return std::unique_ptr<StaticPages>(
      new StaticPages(std::move(root), cache, compression_threshold));
}

StaticPages::StaticPages(std::string root, std::chrono::seconds cache,
                         std::size_t compression_threshold)
    : root_(std::move(root)),
      cache_header_(cache.count() > 0
                        ? "Cache-Control: max-age=" + std::to_string(cache.count()) + "\r\n"
                        : "Cache-Control: no-cache\r\n"),
      compression_threshold_(compression_threshold) {}

StaticPages::File* StaticPages::Load(const std::string& relative) {
  const std::string real = RealPath(root_ + '/' + relative);
  if (!real.starts_with(root_ + '/')) return nullptr;
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
  const std::int64_t changed = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  File& file = files_[real];
  // Two changes may carry the same time.
  const bool same_size = file.body != nullptr && std::cmp_equal(file.body->size(), info.st_size);
  if (!same_size || file.changed_ns != changed) {
    file.body = ReadFile(real);
    if (file.body == nullptr) {
      files_.erase(real);
      return nullptr;
    }
    file.changed_ns = changed;
    file.small.reset();
    file.tried = false;
    file.etag = '"' + std::to_string(changed) + '-' + std::to_string(info.st_size) + '"';
  }
  return &file;
}

void StaticPages::Compress(File& file) const {
  if (file.tried) return;
  file.tried = true;
  const std::string& body = *file.body;
  if (body.size() < compression_threshold_ || body.size() > kMaxCompressedBytes) return;
  std::string small;
  http::Gzip(http::Gzip::Memory::kWhole).Finish(body, &small);
  // Pictures and archives are compressed as they are.
  if (small.size() < body.size() / 10 * 9) {
    file.small = std::make_shared<const std::string>(std::move(small));
  }
}

endpoint::PageSource::Page StaticPages::Get(const http::RequestHead& head, bool takes_gzip) {
  if (root_.empty()) return NotFound();
  std::optional<std::string> relative = http::SafeRelativePath(head.path);
  if (!relative) return NotFound();
  struct stat info {};
  const std::string on_disk = root_ + '/' + *relative;
  const bool is_folder = ::stat(on_disk.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  if (is_folder && !head.path.ends_with('/')) {
    // Relative links of the page need the slash.
    Page page;
    page.status = 301;
    // Two slashes in front would lead to another host.
    const std::size_t slashes = head.path.find_first_not_of('/');
    const std::string_view path = head.path.substr(slashes == std::string_view::npos ? 0 : slashes);
    http::AppendHeader("Location", '/' + std::string(path) + '/', &page.headers);
    return page;
  }
  if (is_folder) *relative += "/index.html";
  const std::lock_guard lock(mutex_);
  if (files_.size() >= kMaxFiles) files_.clear();
  File* const file = Load(*relative);
  if (file == nullptr) return NotFound();
  Page page;
  page.headers = cache_header_;
  page.headers += "X-Content-Type-Options: nosniff\r\n";
  // Whoever keeps the page must not give the one form to clients that want the other.
  if (file->body->size() >= compression_threshold_) page.headers += "Vary: Accept-Encoding\r\n";
  if (takes_gzip) Compress(*file);
  const bool compressed = takes_gzip && file->small != nullptr;
  std::string etag = file->etag;
  if (compressed) etag.insert(etag.size() - 1, "-gzip");
  http::AppendHeader("ETag", etag, &page.headers);
  if (head.Find("If-None-Match") == etag) {
    page.status = 304;
    return page;
  }
  if (compressed) page.headers += "Content-Encoding: gzip\r\n";
  page.status = 200;
  page.content_type = http::MimeTypeOf(*relative);
  page.body = compressed ? file->small : file->body;
  page.bytes_saved = file->body->size() - page.body->size();
  return page;
}

}  // namespace penstock::admin
