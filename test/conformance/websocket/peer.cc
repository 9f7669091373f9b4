// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "peer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace penstock::test {

namespace {

void AppendSize(std::string& out, std::size_t size, unsigned mask) {
  int more = 0;
  if (size < 126) {
    out += static_cast<char>(mask | size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(mask | 126);
    more = 2;
  } else {
    out += static_cast<char>(mask | 127);
    more = 8;
  }
  while (more-- > 0) out += static_cast<char>((size >> (8 * more)) & 0xFF);
}

}  // namespace

std::string RawFrame(unsigned first, std::string_view payload) {
  static constexpr std::array<unsigned char, 4> kMask = {0xA5, 0x5A, 0x0F, 0xC3};
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(first);
  AppendSize(frame, payload.size(), 0x80);
  for (const unsigned char byte : kMask) frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

std::string CloseFrame(int code, std::string_view reason) {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return Frame(8, payload);
}

int Heard::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

std::string Heard::Describe() const {
  switch (kind) {
    case Kind::kEnd:
      return "end";
    case Kind::kReset:
      return "reset";
    case Kind::kSilence:
      return "silence";
    case Kind::kBroken:
      return "broken: " + payload;
    case Kind::kFrame:
      break;
  }
  if (opcode == 8) return "close " + std::to_string(close_code());
  std::string text = opcode == 1    ? "text "
                     : opcode == 2  ? "binary "
                     : opcode == 9  ? "ping "
                     : opcode == 10 ? "pong "
                                    : "frame " + std::to_string(opcode) + " ";
  if (!fin) text = "beginning of " + text;
  if (payload.size() > 200) return text + "of " + std::to_string(payload.size()) + " bytes";
  return text + payload;
}

Peer::Peer(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

Peer::~Peer() { ::close(descriptor_); }

std::string Peer::Ask(std::string_view request) {
  Send(request);
  std::size_t end = std::string::npos;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(unread_.size() + 1)) return unread_;
  }
  std::string head = unread_.substr(0, end + 4);
  unread_.erase(0, end + 4);
  return head;
}

std::string Peer::Open(std::string_view path, std::string_view more_headers) {
  std::string request = "GET ";
  request += path;
  request +=
      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  request += more_headers;
  request += "\r\n";
  const std::string head = Ask(request);
  const bool opened =
      head.starts_with("HTTP/1.1 101 ") &&
      head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos;
  return opened ? std::string() : head;
}

void Peer::Send(std::string_view bytes, std::size_t chop) {
  if (chop == 0) chop = bytes.size();
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, chop);
    const ssize_t sent = ::send(descriptor_, piece.data(), piece.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Peer::Fill(std::size_t size) {
  std::array<char, 64 * 1024> buffer;
  while (unread_.size() < size && end_ == Heard::Kind::kSilence) {
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got > 0) unread_.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0) end_ = Heard::Kind::kEnd;
    if (got < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      end_ = Heard::Kind::kReset;
    }
  }
  return unread_.size() >= size;
}

Heard Peer::Hear() {
  Heard heard;
  if (!Fill(2)) {
    heard.kind = end_;
    if (!unread_.empty()) heard = {Heard::Kind::kBroken, 0, true, "half a frame"};
    return heard;
  }
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(unread_[at]); };
  heard = {Heard::Kind::kFrame, byte(0) & 0x0Fu, (byte(0) & 0x80) != 0, {}};
  const auto broken = [](std::string why) { return Heard{Heard::Kind::kBroken, 0, true, why}; };
  if ((byte(0) & 0x70) != 0) return broken("reserved bits");
  if ((byte(1) & 0x80) != 0) return broken("masked");
  std::size_t size = byte(1), header = 2;
  if (size > 125) {
    if (heard.opcode >= 8) return broken("long control frame");
    const std::size_t more = size == 126 ? 2 : 8;
    if (!Fill(header + more)) return broken("half a header");
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(header + i);
    header += more;
    if (size < (more == 2 ? 126u : 0x10000u)) return broken("size not in its shortest form");
  }
  if (heard.opcode >= 8 && !heard.fin) return broken("control frame in fragments");
  if (!Fill(header + size)) return broken("half a frame");
  heard.payload = unread_.substr(header, size);
  unread_.erase(0, header + size);
  return heard;
}

bool Peer::Silent() {
  if (!unread_.empty()) return false;
  pollfd wait{descriptor_, POLLIN, 0};
  return ::poll(&wait, 1, 20) == 0;
}

}  // namespace penstock::test
