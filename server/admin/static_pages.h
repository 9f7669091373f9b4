// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"
#include "base/string_hash.h"
#include "endpoint/page_source.h"

namespace penstock::admin {

// Serves the files of one folder and what lies below it, never anything outside: not by "..", not
// by a symbolic link, no dot files. Files are kept in memory until they change on disk; meant for a
// handful of example and test pages. Shard: any; one lock, since pages are not the product.
class StaticPages final : public endpoint::PageSource {
 public:
  // An empty folder name serves nothing. Fails if the folder is not there.
  static StatusOr<std::unique_ptr<StaticPages>> Create(const std::string& folder,
                                                       std::chrono::seconds cache,
                                                       std::size_t compression_threshold);

  Page Get(const http::RequestHead& head, bool takes_gzip) override;

 private:
  struct File {
    std::int64_t changed_ns = 0;
    std::string etag;
    std::shared_ptr<const std::string> body;
    std::shared_ptr<const std::string> small;  // as gzip; null: not tried yet, or not worth it
    bool tried = false;
  };

  StaticPages(std::string root, std::chrono::seconds cache, std::size_t compression_threshold);
  // The file as it is on disk now, or null.
  File* Load(const std::string& relative);
  void Compress(File& file) const;

  const std::string root_;  // absolute, without links; empty: nothing is served
  const std::string cache_header_;
  const std::size_t compression_threshold_;  // of the bytes of a file
  std::mutex mutex_;
  absl::flat_hash_map<std::string, File, StringHash, std::equal_to<>> files_;
};

}  // namespace penstock::admin
