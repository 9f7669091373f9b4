// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string_view>

// Bytes of text on their way to a client. Shard: any; no state.
namespace penstock::tlcp {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// The UTF-8 sequence at the begin of a text.
struct Utf8Step {
  std::size_t size = 0;  // bytes to take; at least 1 unless the text is empty
  bool valid = false;    // if not, `size` bytes stand for one U+FFFD
};

// A bad sequence is as long as its part that could still have become a character (the "maximal
// subpart" that browsers replace too).
Utf8Step NextUtf8(std::string_view text);

}  // namespace penstock::tlcp
