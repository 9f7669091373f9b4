// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::test {

// What a client sends. Masked; `first` may break every rule of the first byte.
std::string RawFrame(unsigned first, std::string_view payload);
inline std::string Frame(unsigned opcode, std::string_view payload, bool fin = true) {
  return RawFrame((fin ? 0x80u : 0u) | opcode, payload);
}
std::string CloseFrame(int code, std::string_view reason = {});

// What the server sent: a frame, or what came instead.
struct Heard {
  enum class Kind : std::uint8_t { kFrame, kEnd, kReset, kSilence, kBroken };
  Kind kind = Kind::kSilence;
  unsigned opcode = 0;
  bool fin = true;
  std::string payload;  // kBroken: what is wrong with the frame

  // For close frames; 0 = none.
  int close_code() const;
  // "text Hello", "close 1000", "end"; long payloads by their size.
  std::string Describe() const;
};

// The client's end of one WebSocket, over a blocking socket, with no understanding of its own:
// what is sent is what the test says. Reads wait ten seconds at most.
class Peer {
 public:
  explicit Peer(std::uint16_t port);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // A request; returns the whole head of the answer.
  std::string Ask(std::string_view request);
  // Gets a WebSocket, or says why not.
  std::string Open(std::string_view path, std::string_view more_headers = {});
  // In pieces of `chop` bytes; 0 = at once. Errors are left for Hear() to tell.
  void Send(std::string_view bytes, std::size_t chop = 0);
  // The next frame.
  Heard Hear();
  // Nothing was said that was not heard so far, as far as a moment can tell.
  bool Silent();

 private:
  bool Fill(std::size_t size);

  int descriptor_ = -1;
  std::string unread_;
  Heard::Kind end_ = Heard::Kind::kSilence;
};

}  // namespace penstock::test
