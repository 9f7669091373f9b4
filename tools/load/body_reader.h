// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace penstock::load {

// What came out of a connection's bytes.
class BodyUser {
 public:
  // What the protocol says, cut anywhere.
  virtual void OnText(std::string_view text) = 0;
  // A ping of the server, to be answered with this.
  virtual void OnPing(std::string_view payload) = 0;

 protected:
  ~BodyUser() = default;
};

// Takes the head of an HTTP response, then the body that follows it: WebSocket frames (RFC 6455)
// or chunks (RFC 9112 §7.1). What is incomplete is kept until more comes. Owned by a session.
class BodyReader {
 public:
  BodyReader(bool websocket, BodyUser* user) : websocket_(websocket), user_(user) {}

  // Empty, or what is wrong; then the connection is of no more use.
  std::string_view Take(std::string_view bytes);
  // The head has come.
  bool has_head() const { return has_head_; }
  // The body has come to its end.
  bool at_end() const { return at_end_; }

 private:
  // Each gives what it has used, 0 when more is needed; *wrong when it cannot be used.
  std::size_t TakeHead(std::string_view bytes, std::string_view* wrong);
  std::size_t TakeFrame(std::string_view bytes, std::string_view* wrong);
  std::size_t TakeChunk(std::string_view bytes, std::string_view* wrong);

  const bool websocket_;
  BodyUser* const user_;
  bool has_head_ = false;
  bool at_end_ = false;
  std::uint64_t left_ = 0;  // of the payload of a frame, or of a chunk
  bool after_chunk_ = false;
  std::string kept_;
};

// One client's frame around `payload`, masked as the protocol wants it.
void AppendFrame(std::uint8_t opcode, std::string_view payload, std::string* out);
inline constexpr std::uint8_t kTextFrame = 1;
inline constexpr std::uint8_t kBinaryFrame = 2;
inline constexpr std::uint8_t kCloseFrame = 8;
inline constexpr std::uint8_t kPingFrame = 9;
inline constexpr std::uint8_t kPongFrame = 10;

}  // namespace penstock::load
