// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "address.h"

#include <netdb.h>
#include <netinet/in.h>

#include "endpoint.h"

namespace penstock::adapter {

std::string AddressText(const SocketAddress& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(address.get(), address.size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return HostAndPort(host, static_cast<uint16_t>(std::stoi(port)));
}

SocketAddress WithPort(SocketAddress address, uint16_t port) {
  if (address.family() == AF_INET) {
    reinterpret_cast<sockaddr_in*>(address.get())->sin_port = htons(port);
  } else if (address.family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address.get())->sin6_port = htons(port);
  }
  return address;
}

}  // namespace penstock::adapter
