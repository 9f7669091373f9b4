// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace penstock::adapter {

// An end of a TCP connection, as the system has it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};
using Addresses = std::vector<SocketAddress>;

// "address:port", with the brackets that IPv6 needs.
std::string AddressText(const SocketAddress& address);

// The same host's other port.
SocketAddress WithPort(SocketAddress address, uint16_t port);

}  // namespace penstock::adapter
