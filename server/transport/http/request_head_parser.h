// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "transport/http/request_head.h"

namespace penstock::http {

enum class ParseResult : std::uint8_t { kComplete, kNeedMore, kError };

struct HeadLimits {
  std::size_t max_request_line_bytes = 8192;  // beyond: 414
  std::size_t max_head_bytes = 16384;         // beyond: 431; counts leading empty lines too
  std::size_t max_headers = 100;              // beyond: 431
};

// Finds and reads the head of a request (RFC 9112), strictly: whatever two readers could
// understand in two ways is refused, so that no proxy in front can be made to see other borders
// than we do.
// Owner: the connection; four bytes and a flag. Shard: that of the connection.
// Life: one parser serves a whole connection; it starts anew after kComplete.
// Invariant: the outcome does not depend on how the bytes were split over the calls.
class RequestHeadParser {
 public:
  // `buffer` is everything unread, so that after kNeedMore it must begin with the same byte as
  // before and be longer. Bytes already searched are not searched again.
  //   kComplete  `head` is set; the head took the first `*consumed` bytes.
  //   kNeedMore  `head` is untouched.
  //   kError     `error` is set: 400, 414, 417, 431, 501 or 505. Answer and close.
  [[nodiscard]] ParseResult Parse(std::string_view buffer, const HeadLimits& limits,
                                  RequestHead* head, std::size_t* consumed, RequestError* error);

  // Forgets a head that is only half there.
  void Reset();

 private:
  // Complete: `searched_` is just behind the empty line.
  ParseResult FindEnd(std::string_view buffer, std::size_t begin, const HeadLimits& limits,
                      RequestError* error);

  std::uint32_t searched_ = 0;
  bool request_line_ended_ = false;
};

}  // namespace penstock::http
