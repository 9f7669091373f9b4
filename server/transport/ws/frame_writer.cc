// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "transport/ws/frame_writer.h"

#include <algorithm>
#include <array>

namespace penstock::ws {
namespace {

constexpr unsigned kFin = 0x80;

void AppendFragment(Opcode opcode, std::string_view payload, bool fin, std::string* out) {
  std::array<char, kMaxHeaderSize> header;
  char* const end = header.data() + header.size();
  const std::size_t size = WriteHeader(end, opcode, payload.size(), fin);
  out->append(end - size, size);
  *out += payload;
}

void AppendControl(Opcode opcode, std::string_view payload, std::string* out) {
  AppendFrame(opcode, payload.substr(0, kMaxControlPayload), out);
}

// The longest beginning of at most `limit` bytes that ends between two characters.
std::string_view CutUtf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::size_t WriteHeader(char* end, Opcode opcode, std::uint64_t payload_size, bool fin) {
  const std::size_t size = HeaderSize(payload_size);
  char* const begin = end - size;
  begin[0] = static_cast<char>((fin ? kFin : 0) | static_cast<unsigned>(opcode));
  if (size == 2) {
    begin[1] = static_cast<char>(payload_size);
    return size;
  }
  begin[1] = static_cast<char>(size == 4 ? 126 : 127);
  for (char* to = end; to != begin + 2; payload_size >>= 8) {
    *--to = static_cast<char>(payload_size & 0xFF);
  }
  return size;
}

void AppendFrame(Opcode opcode, std::string_view payload, std::string* out) {
  AppendFragment(opcode, payload, true, out);
}

void AppendMessage(Opcode opcode, std::string_view payload, std::size_t max_frame_bytes,
                   std::string* out) {
  while (max_frame_bytes != 0 && payload.size() > max_frame_bytes) {
    AppendFragment(opcode, payload.substr(0, max_frame_bytes), false, out);
    payload.remove_prefix(max_frame_bytes);
    opcode = Opcode::kContinuation;
  }
  AppendFragment(opcode, payload, true, out);
}

void AppendClose(CloseCode code, std::string_view reason, std::string* out) {
  const auto number = static_cast<std::uint16_t>(code);
  if (!IsSendableCloseCode(number)) return AppendControl(Opcode::kClose, {}, out);
  std::string payload = {static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
  payload += CutUtf8(reason, kMaxControlPayload - payload.size());
  AppendControl(Opcode::kClose, payload, out);
}

void AppendPong(std::string_view payload, std::string* out) {
  AppendControl(Opcode::kPong, payload, out);
}

void AppendPing(std::string_view payload, std::string* out) {
  AppendControl(Opcode::kPing, payload, out);
}

}  // namespace penstock::ws
