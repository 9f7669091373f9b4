// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::adapter {

// The longest that a test waits for something that must come.
inline constexpr int kPatienceMillis = 20000;

// A signal, such as a fuzzer's timer, is no answer.
inline bool AwaitReadable(int fd) {
  pollfd wait = {fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, kPatienceMillis);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// The server's end of one connection: says lines, hears lines.
// Owner and thread: the test.
class ProxyConnection {
 public:
  explicit ProxyConnection(int fd) : fd_(fd) {}
  ProxyConnection(ProxyConnection&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), heard_(std::move(other.heard_)) {}
  ~ProxyConnection() { Drop(); }

  void Say(std::string_view line) { SayRaw(std::string(line) + "\r\n"); }
  void SayRaw(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }

  // The next line; "<closed>" or "<nothing>" if there is none.
  std::string Hear() {
    while (true) {
      const size_t end = heard_.find("\r\n");
      if (end != std::string::npos) {
        std::string line = heard_.substr(0, end);
        heard_.erase(0, end + 2);
        return line;
      }
      if (!AwaitReadable(fd_)) return "<nothing>";
      char bytes[65536];
      const ssize_t n = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (n <= 0) return "<closed>";
      heard_.append(bytes, static_cast<size_t>(n));
    }
  }

  // The same without the first token, which is a timestamp in notifications.
  std::string HearEvent() {
    const std::string line = Hear();
    const size_t bar = line.find('|');
    return bar == std::string::npos ? line : line.substr(bar + 1);
  }

  int fd() const { return fd_; }
  void Drop() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  std::string heard_;
};

// Listens on an ephemeral port of the loopback interface.
class ScriptedProxy {
 public:
  ScriptedProxy() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 8) != 0) {
      return;
    }
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~ScriptedProxy() { ::close(fd_); }

  uint16_t port() const { return port_; }
  // For HostOptions::servers.
  std::string server() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

  // Whether somebody waits to be accepted.
  bool HasCaller() const {
    pollfd wait = {fd_, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0;
  }
  ProxyConnection Accept() {
    if (!AwaitReadable(fd_)) return ProxyConnection(-1);
    return ProxyConnection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  int fd_;
  uint16_t port_ = 0;
};

}  // namespace penstock::adapter
