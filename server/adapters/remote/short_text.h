// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::adapters {

// What a remote adapter gives as a reason goes into logs, to clients and into the trailers of a
// stream, which peers take only when they are short.
inline constexpr std::size_t kMostReasonBytes = 1024;

// The begin of `text`, of whole characters.
inline std::string_view ShortText(std::string_view text) {
  if (text.size() <= kMostReasonBytes) return text;
  std::size_t end = kMostReasonBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace penstock::adapters
