// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "test_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace penstock::test {

TestClient::TestClient(std::uint16_t port, int receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer != 0) {
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TestClient::~TestClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

TestClient::TestClient(TestClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      text_(std::move(other.text_)),
      unsent_(std::move(other.unsent_)),
      ended_(other.ended_),
      reset_(other.reset_) {}

std::uint32_t TestClient::Segments() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info.tcpi_data_segs_in;
}

bool TestClient::Send(std::string_view bytes) {
  unsent_ += bytes;
  while (!unsent_.empty()) {
    const ssize_t sent =
        ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

bool TestClient::SendFrame(std::uint8_t opcode, std::string_view payload, bool fin) {
  std::string frame;
  frame += static_cast<char>((fin ? 0x80 : 0) | opcode);
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xFF);
  }
  frame.append(4, '\0');  // a mask that changes nothing
  frame += payload;
  return Send(frame);
}

void TestClient::EndInput() { ::shutdown(descriptor_, SHUT_WR); }

void TestClient::Receive() {
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) {
      text_.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    if (got == 0) ended_ = true;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) reset_ = true;
    return;
  }
}

std::string Post(std::string_view name, std::string_view body, std::string_view query) {
  std::string text = "POST /lightstreamer/";
  text += name;
  text += ".txt?LS_protocol=TLCP-2.5.0";
  text += query;
  text += " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  text += body;
  return text;
}

std::string Handshake(std::string_view subprotocol) {
  std::string text =
      "GET /lightstreamer HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: ";
  text += subprotocol;
  text += "\r\n\r\n";
  return text;
}

std::string Messages(std::string_view raw) {
  const std::size_t head = raw.find("\r\n\r\n");
  if (raw.starts_with("HTTP/") && head != std::string_view::npos) raw.remove_prefix(head + 4);
  std::string text;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(raw[at]); };
  while (raw.size() >= 2) {
    const int opcode = byte(0) & 0x0F;
    std::size_t size = byte(1), header = 2;
    if (size == 126) {
      if (raw.size() < 4) break;
      size = static_cast<std::size_t>(byte(2)) << 8 | byte(3);
      header = 4;
    } else if (size == 127) {
      if (raw.size() < 10) break;
      size = 0;
      for (std::size_t i = 2; i < 10; ++i) size = size << 8 | byte(i);
      header = 10;
    }
    if (raw.size() < header + size) break;
    const std::string_view payload = raw.substr(header, size);
    if (opcode == 1) text += payload;
    if (opcode == 8) {
      const int code = size < 2 ? 0 : byte(header) << 8 | byte(header + 1);
      text += "[close " + std::to_string(code) + "]";
    }
    if (opcode == 10) text += "[pong " + std::string(payload) + "]";
    raw.remove_prefix(header + size);
  }
  return text;
}

std::string SessionId(std::string_view text) {
  const std::size_t at = text.find("CONOK,");
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + 6);
  return std::string(text.substr(0, text.find(',')));
}

}  // namespace penstock::test
