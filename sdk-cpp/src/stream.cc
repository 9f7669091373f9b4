// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace penstock::adapter {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void Stream::Shutdown() { ::shutdown(fd(), SHUT_RDWR); }

void Stream::Linger(steady_clock::time_point deadline) {
  EndSending();
  char sink[4096];
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return;
    pollfd wait = {fd(), POLLIN, 0};
    const int n = ::poll(&wait, 1, static_cast<int>(left));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || ::recv(fd(), sink, sizeof(sink), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace penstock::adapter
