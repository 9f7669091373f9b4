// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::test {

// The client's end of a loopback connection. Reads never block.
class TestClient {
 public:
  // `receive_buffer`: of the socket; small for a client that does not read. 0 = as it comes.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0);
  ~TestClient();
  TestClient(TestClient&& other) noexcept;
  TestClient& operator=(TestClient&&) = delete;

  // Sends what the kernel takes, the rest with the next call; false once the connection is broken.
  bool Send(std::string_view bytes);
  bool all_sent() const { return unsent_.empty(); }
  // A masked WebSocket frame of a client.
  bool SendFrame(std::uint8_t opcode, std::string_view payload, bool fin = true);
  bool SendText(std::string_view message) { return SendFrame(1, message); }
  bool SendClose(int code) {
    return SendFrame(8, std::string{static_cast<char>(code >> 8), static_cast<char>(code)});
  }
  // No more requests, but answers are still welcome.
  void EndInput();
  // Takes what has come to text().
  void Receive();

  // TCP segments with data that have come: as many as the server made writes, if those are small.
  std::uint32_t Segments() const;

  const std::string& text() const { return text_; }
  bool Has(std::string_view part) const { return text_.find(part) != std::string::npos; }
  void Forget() { text_.clear(); }
  // The server ended the connection, in order or by a reset.
  bool ended() const { return ended_ || reset_; }
  bool reset() const { return reset_; }

 private:
  int descriptor_ = -1;
  std::string text_;
  std::string unsent_;
  bool ended_ = false;
  bool reset_ = false;
};

// A POST of the protocol, with keep-alive.
std::string Post(std::string_view name, std::string_view body, std::string_view query = {});
// The handshake of a WebSocket.
std::string Handshake(std::string_view subprotocol = "TLCP-2.5.0.lightstreamer.com");
// What the server sent in frames after the handshake: payloads of text frames, and "[close 1000]".
std::string Messages(std::string_view raw);
// The session id of the CONOK in `text`.
std::string SessionId(std::string_view text);

}  // namespace penstock::test
