// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "scripted_remote.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace penstock::test {

namespace {

constexpr int kPatience = 2000;  // turns

}  // namespace

ScriptedRemote::ScriptedRemote(std::uint16_t port, Turn turn) : turn_(std::move(turn)) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    // A line is there when the next turn looks for it.
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    descriptor_ = descriptor;
    turn_();
  } else {
    ::close(descriptor);
  }
}

ScriptedRemote::~ScriptedRemote() { Hangup(); }

void ScriptedRemote::Hangup() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void ScriptedRemote::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) return;
    turn_();
  }
}

void ScriptedRemote::Read() {
  char bytes[65536];
  const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EAGAIN)) end_ = true;
}

bool ScriptedRemote::HasLine(int turns) {
  for (int i = 0; i < turns; ++i) {
    if (buffer_.find("\r\n") != std::string::npos) return true;
    if (end_) return false;
    turn_();
    Read();
  }
  return buffer_.find("\r\n") != std::string::npos;
}

std::string ScriptedRemote::Next() {
  if (!HasLine(kPatience)) return "";
  const std::size_t end = buffer_.find("\r\n");
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool ScriptedRemote::Closed() {
  for (int i = 0; i < kPatience && !end_; ++i) {
    turn_();
    Read();
  }
  return end_ && buffer_.empty();
}

bool ScriptedRemote::AnswerInit(std::string_view version) {
  const std::string line = Next();
  if (line.empty()) return false;
  const std::string method = BodyOf(line).substr(0, 3);
  if (version == "1.8.0") {
    Send(IdOf(line) + "|" + method + "|V");
  } else {
    Send(IdOf(line) + "|" + method + "|S|ARI.version|S|" + std::string(version));
  }
  turn_();
  return true;
}

std::string IdOf(const std::string& line) { return line.substr(0, line.find('|')); }

std::string BodyOf(const std::string& line) {
  const std::size_t bar = line.find('|');
  return bar == std::string::npos ? "" : line.substr(bar + 1);
}

}  // namespace penstock::test
