// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace penstock::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kOther };

struct Header {
  std::string_view name;
  std::string_view value;  // without the white space around it
};

// Why a request cannot be served: the status of the answer, and a text that lives for ever. The
// framing of the connection is lost then, so that the answer must close it.
struct RequestError {
  int status = 0;
  std::string_view text;
};

// The head of one request, as RequestHeadParser found it.
// Every view points into the buffer that was parsed and dies with it; only the literal "/" of an
// absolute target without a path does not.
// Shard: that of the connection. One per shard is enough: Clear() keeps the memory of `headers`.
struct RequestHead {
  Method method = Method::kOther;
  std::string_view method_text;
  std::string_view target;  // as sent
  std::string_view path;    // still percent-encoded; "*" for `OPTIONS *`
  std::string_view query;   // what follows the first '?', without it
  std::string_view host;    // authority of an absolute target, else the value of Host; may be empty
  int version_minor = 1;    // 0 or 1; a later 1.x counts as 1
  std::vector<Header> headers;

  std::optional<std::uint64_t> content_length;
  bool chunked = false;  // never together with content_length
  bool keep_alive = false;
  bool expect_continue = false;    // `Expect: 100-continue`, 1.1 only
  bool upgrade_websocket = false;  // `Connection: upgrade` and `Upgrade: websocket`

  // Value of the first header of that name, in any case.
  std::optional<std::string_view> Find(std::string_view name) const;
  bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  void Clear();
};

}  // namespace penstock::http
