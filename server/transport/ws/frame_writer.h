// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/ws/close_code.h"
#include "transport/ws/opcode.h"

namespace penstock::ws {

// Frames of a server: never masked.

// Room to leave in front of a payload.
inline constexpr std::size_t kMaxHeaderSize = 10;
inline constexpr std::size_t kMaxControlPayload = 125;

constexpr std::size_t HeaderSize(std::uint64_t payload_size) {
  return payload_size < 126 ? 2 : payload_size <= 0xFFFF ? 4 : 10;
}

// Writes the header right before `end`, which is where the payload begins, so that both are one
// contiguous piece of memory for one write. Returns the size of the header: the frame begins at
// `end - size`.
std::size_t WriteHeader(char* end, Opcode opcode, std::uint64_t payload_size, bool fin = true);

void AppendFrame(Opcode opcode, std::string_view payload, std::string* out);
// In fragments of at most `max_frame_bytes`; 0 = always in one frame.
void AppendMessage(Opcode opcode, std::string_view payload, std::size_t max_frame_bytes,
                   std::string* out);

// A code that may not be on the wire (kNoStatus, kAbnormal) makes a close frame without payload. A
// reason that does not fit is cut between two characters.
void AppendClose(CloseCode code, std::string_view reason, std::string* out);

// Answer to a ping; its payload is that of the ping, at most kMaxControlPayload bytes.
void AppendPong(std::string_view payload, std::string* out);
void AppendPing(std::string_view payload, std::string* out);

}  // namespace penstock::ws
