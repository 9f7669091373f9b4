// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "address.h"
#include "tcp.h"

namespace penstock::adapter {

// 127.0.0.1; port 0 to listen on any.
inline SocketAddress Loopback(uint16_t port) {
  SocketAddress address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(address.get());
  v4->sin_family = AF_INET;
  v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4->sin_port = htons(port);
  address.size = sizeof(*v4);
  return address;
}

// Of a socket that listens there.
inline uint16_t PortOf(int fd) {
  const std::string address = LocalAddress(fd);
  return static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

inline Patience PatienceOf(std::chrono::milliseconds time, const StopSignal& stop) {
  return {DeadlineAfter(time), &stop};
}

}  // namespace penstock::adapter
