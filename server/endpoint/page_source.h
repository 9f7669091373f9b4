// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "transport/http/request_head.h"

namespace penstock::endpoint {

// What is served beside the protocol: static pages, implemented by admin/. Shard: any; thread-safe.
class PageSource {
 public:
  struct Page {
    int status = 404;
    std::string_view content_type;            // lives for ever
    std::string headers;                      // whole lines, each with its CRLF
    std::shared_ptr<const std::string> body;  // null: none
    std::size_t bytes_saved = 0;              // by compression
  };

  virtual ~PageSource() = default;
  // For GET and HEAD. `takes_gzip`: the body may be compressed, and its headers then say so.
  virtual Page Get(const http::RequestHead& head, bool takes_gzip) = 0;
};

}  // namespace penstock::endpoint
