// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "base/utf8.h"

#include <cstddef>
#include <cstring>

namespace penstock {

namespace {

constexpr std::uint8_t kFirstContinuation = 0x80;
constexpr std::uint8_t kLastContinuation = 0xBF;

// How much of the beginning is ASCII, in steps of eight bytes: nearly all text is.
std::size_t AsciiPrefix(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  return size;
}

}  // namespace

bool Utf8Checker::Feed(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (missing_ > 0) {
      if (byte < low_ || byte > high_) return false;
      low_ = kFirstContinuation;
      high_ = kLastContinuation;
      --missing_;
    } else if (byte >= 0x80) {
      if (!FeedLead(byte)) return false;
    } else if (const std::size_t ascii = AsciiPrefix(bytes.substr(i)); ascii > 0) {
      i += ascii - 1;
    }
  }
  return true;
}

// Table 3-7 of the Unicode standard: the lead decides what the second byte may be.
bool Utf8Checker::FeedLead(std::uint8_t byte) {
  low_ = kFirstContinuation;
  high_ = kLastContinuation;
  if (byte >= 0xC2 && byte <= 0xDF) {
    missing_ = 1;
  } else if (byte >= 0xE0 && byte <= 0xEF) {
    missing_ = 2;
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;
  } else if (byte >= 0xF0 && byte <= 0xF4) {
    missing_ = 3;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
  } else {
    return false;
  }
  return true;
}

bool IsValidUtf8(std::string_view text) {
  Utf8Checker checker;
  return checker.Feed(text) && checker.complete();
}

}  // namespace penstock
