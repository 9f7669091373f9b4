// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/wire.h"

#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/common.h>

namespace penstock::adapter {
namespace {

// Of several events in one message; the contract's advice.
constexpr size_t kMostBatchBytes = 64u << 10;

uint64_t ReadVarint(std::string_view bytes, size_t* at) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[(*at)++]);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace

std::string WholeMessage(const google::protobuf::MessageLite& message) {
  std::string out;
  AppendTagged(kWholeMessageTag, message.SerializeAsString(), &out);
  return out;
}

void AppendEvent(const pb::Event& event, std::string* out) {
  AppendTagged(kEventTag, event.SerializeAsString(), out);
}

Piece FirstPiece(std::string_view bytes) {
  size_t at = 1;
  if (static_cast<uint8_t>(bytes[0]) == kWholeMessageTag) {
    const size_t size = ReadVarint(bytes, &at);
    return {false, bytes.substr(at, size), at + size};
  }
  size_t end = 0;
  while (end < bytes.size() && static_cast<uint8_t>(bytes[end]) != kWholeMessageTag) {
    at = end + 1;
    const size_t size = ReadVarint(bytes, &at);
    if (end > 0 && at + size > kMostBatchBytes) break;
    end = at + size;
  }
  return {true, bytes.substr(0, end), end};
}

bool IsUtf8(std::string_view text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | (byte >> 6));
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

}  // namespace penstock::adapter
