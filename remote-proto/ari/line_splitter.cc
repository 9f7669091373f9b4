// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "ari/line_splitter.h"

#include <cstring>

namespace penstock::ari {
namespace {

// A long update now and then must not pin its memory for the life of the connection.
constexpr size_t kKeptPartialCapacity = 64u << 10;

}  // namespace

LineSplitter::Cut LineSplitter::Next(std::string_view* line) {
  if (lost_) return Cut::kTooLong;
  if (partial_delivered_) {
    if (partial_.capacity() > kKeptPartialCapacity) {
      std::string().swap(partial_);
    } else {
      partial_.clear();
    }
    partial_delivered_ = false;
  }
  while (!rest_.empty()) {
    const void* end = std::memchr(rest_.data(), '\n', rest_.size());
    const size_t length = end == nullptr
                              ? rest_.size()
                              : static_cast<size_t>(static_cast<const char*>(end) - rest_.data());
    if (partial_.size() + length > max_line_) {
      lost_ = true;
      rest_ = {};
      std::string().swap(partial_);
      return Cut::kTooLong;
    }
    if (end == nullptr) {
      partial_.append(rest_);
      rest_ = {};
      break;
    }
    std::string_view raw = rest_.substr(0, length);
    rest_.remove_prefix(length + 1);
    if (!partial_.empty()) {
      partial_.append(raw);
      raw = partial_;
      if (Trim(&raw)) {
        partial_delivered_ = true;
        *line = raw;
        return Cut::kLine;
      }
      partial_.clear();
      continue;
    }
    if (Trim(&raw)) {
      *line = raw;
      return Cut::kLine;
    }
  }
  return Cut::kNeedMore;
}

bool LineSplitter::Trim(std::string_view* line) {
  if (at_start_) {
    at_start_ = false;
    if (line->substr(0, 3) == "\xEF\xBB\xBF") line->remove_prefix(3);
  }
  while (!line->empty() && line->back() == '\r') line->remove_suffix(1);
  return !line->empty();
}

}  // namespace penstock::ari
