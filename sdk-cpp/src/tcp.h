// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <string>

#include "address.h"
#include "penstock/adapter/result.h"
#include "socket.h"

// TCP connections, made from either side. Their sockets do not block, send without Nagle's delay,
// and notice within half a minute that an idle peer is gone without a word.
namespace penstock::adapter {

// The first of a host's addresses that answers.
Result<UniqueFd> Dial(const Addresses& addresses, const Patience& patience);

// A socket that listens on the first address that can be had. Port 0: the system chooses.
Result<UniqueFd> Listen(const Addresses& addresses);

// Whether the peer has left what was sent to it without an acknowledgement for so long: it is gone,
// or the way to it. The kernel would go on for a quarter of an hour, and its TCP_USER_TIMEOUT
// would also end connections to peers that are there but read nothing for a while.
bool HasFallenSilent(int fd, std::chrono::milliseconds limit);

// "address:port" of a socket's own end.
std::string LocalAddress(int fd);
// Whom it is connected with.
Result<SocketAddress> PeerAddress(int fd);

struct Accepted {
  UniqueFd fd;       // none: `error` tells, EAGAIN if nobody is there
  std::string peer;  // "address:port"
  int error = 0;
};
// The next connection, without waiting for one.
Accepted Accept(int listening);

}  // namespace penstock::adapter
