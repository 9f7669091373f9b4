// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "penstock/adapter/v1/data.pb.h"

namespace google::protobuf {
class MessageLite;
}

// The bytes of messages, for what is written without an object of Protocol Buffers: updates, and
// what an outbox holds.
//
// An outbox of a gRPC stream holds pieces of an EventBatch as they go on the wire (new_fields and
// events), and between them whole messages, under a tag that EventBatch does not have. What stands
// together in it goes out as one message.
namespace penstock::adapter {

namespace pb = penstock::adapter::v1;

inline constexpr uint8_t VarintTag(int number) { return static_cast<uint8_t>(number << 3); }
inline constexpr uint8_t BytesTag(int number) { return static_cast<uint8_t>(number << 3 | 2); }

inline constexpr uint8_t kNewFieldTag = BytesTag(pb::EventBatch::kNewFieldsFieldNumber);
inline constexpr uint8_t kEventTag = BytesTag(pb::EventBatch::kEventsFieldNumber);
inline constexpr uint8_t kWholeMessageTag = BytesTag(15);

inline constexpr size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// Writes behind `out`, which has room; returns the end.
inline char* WriteVarint(uint64_t value, char* out) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

inline void AppendVarint(uint64_t value, std::string* out) {
  char digits[10];
  out->append(digits, static_cast<size_t>(WriteVarint(value, digits) - digits));
}

inline void AppendTagged(uint8_t tag, std::string_view bytes, std::string* out) {
  out->push_back(static_cast<char>(tag));
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// What to push into an outbox so that `message` goes out.
std::string WholeMessage(const google::protobuf::MessageLite& message);
// The same for one event of a batch.
void AppendEvent(const pb::Event& event, std::string* out);

// The beginning of what an outbox holds.
struct Piece {
  bool is_batch = false;  // of an EventBatch, else a whole message
  std::string_view payload;
  size_t used = 0;  // bytes, with what stands around the payload
};
// Takes as much as goes into one message. `bytes` is well-formed and not empty.
Piece FirstPiece(std::string_view bytes);

// A text as messages may have it: UTF-8. What is not counts as ISO 8859-1.
bool IsUtf8(std::string_view text);
std::string ToUtf8(std::string_view text);

}  // namespace penstock::adapter
