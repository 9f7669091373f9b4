// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "socket.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace penstock::adapter {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

std::string ErrorText(int error) { return std::system_category().message(error); }

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

StopSignal::StopSignal() {
  int fds[2] = {-1, -1};
  if (::pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0) {
    read_ = UniqueFd(fds[0]);
    write_ = UniqueFd(fds[1]);
  }
}

void StopSignal::Raise(std::chrono::milliseconds drain) {
  if (claimed_.exchange(true)) return;
  drain_.store(drain.count());
  raised_.store(true);
  const char byte = 1;
  (void)!::write(write_.get(), &byte, 1);
}

bool StopSignal::WaitFor(std::chrono::milliseconds time) const {
  const auto deadline = DeadlineAfter(time);
  while (true) {
    pollfd wait = {fd(), POLLIN, 0};
    const int n = ::poll(&wait, 1, MillisUntil(deadline));
    if (n > 0) return true;
    if (n == 0 || errno != EINTR) return false;
  }
}

Status Patience::WaitFor(int fd, short events) const {
  std::vector<pollfd> waits{{fd, events, 0}};
  return WaitForAny(&waits, Clock::time_point::max());
}

Status Patience::WaitForAny(std::vector<pollfd>* waits, Clock::time_point until) const {
  waits->push_back({stop->fd(), POLLIN, 0});
  int ready = 0;
  bool again = true;
  while (again) {
    ready = ::poll(waits->data(), waits->size(), MillisUntil(std::min(deadline, until)));
    const auto now = Clock::now();
    again = ready < 0 ? errno == EINTR : ready == 0 && now < deadline && now < until;
  }
  const bool stopped = waits->back().revents != 0;
  waits->pop_back();
  if (ready < 0) return Error(ErrorText(errno));
  if (stopped) return Error("stopped");
  if (ready == 0 && Clock::now() >= deadline) return Error(ErrorText(ETIMEDOUT));
  return {};
}

Clock::time_point DeadlineAfter(std::chrono::milliseconds time) {
  return Clock::now() +
         std::clamp<std::chrono::milliseconds>(time, std::chrono::milliseconds(0), kLongestWait);
}

int MillisUntil(Clock::time_point deadline) {
  if (deadline == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

}  // namespace penstock::adapter
