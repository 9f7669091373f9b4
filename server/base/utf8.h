// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string_view>

namespace penstock {

// Reads text that comes in pieces, cut anywhere, and tells at the first byte that cannot be of
// well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing beyond U+10FFFF).
class Utf8Checker {
 public:
  // False as soon as nothing that may follow makes it right; the checker is of no use then.
  [[nodiscard]] bool Feed(std::string_view bytes);
  // The text may end here.
  bool complete() const { return missing_ == 0; }

 private:
  bool FeedLead(std::uint8_t byte);

  std::uint8_t missing_ = 0;  // bytes of the character under way
  std::uint8_t low_ = 0;      // what the next one of them may be
  std::uint8_t high_ = 0;
};

// True if `text` is well-formed UTF-8.
bool IsValidUtf8(std::string_view text);

}  // namespace penstock
