// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transport/ws/frame_writer.h"

namespace penstock::ws {

// A frame as a client sends it, masked with a fixed key.
inline std::string ClientFrame(Opcode opcode, std::string_view payload, bool fin = true) {
  static constexpr unsigned char kMask[] = {0x37, 0xFA, 0x21, 0x3D};
  std::string frame;
  AppendFrame(opcode, payload, &frame);
  frame.resize(frame.size() - payload.size());
  if (!fin) frame[0] = static_cast<char>(frame[0] & 0x7F);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  for (const unsigned char byte : kMask) frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

}  // namespace penstock::ws
