// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "address_race.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace penstock::adapter {
namespace {

// How long one address has before the next is tried beside it (RFC 8305, section 5).
constexpr std::chrono::milliseconds kStagger{250};

int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

Result<UniqueFd> AddressRace::Run() {
  while (true) {
    if (IsTimeForNext()) {
      StartNext();
      continue;
    }
    if (running_.empty()) return Error(why_.empty() ? "the host has no address" : why_);
    std::vector<pollfd> waits;
    for (const Attempt& one : running_) waits.push_back({one.fd.get(), POLLOUT, 0});
    const auto until = next_ < addresses_.size() ? next_start_ : Clock::time_point::max();
    if (const Status waited = patience_.WaitForAny(&waits, until); !waited) {
      if (Clock::now() < patience_.deadline) return waited.error();
      for (const Attempt& one : running_) NoteFailure(one.address, ETIMEDOUT);
      return Error(why_);
    }
    if (UniqueFd connected = Settle(waits)) return connected;
  }
}

bool AddressRace::IsTimeForNext() const {
  return next_ < addresses_.size() && (running_.empty() || Clock::now() >= next_start_);
}

void AddressRace::StartNext() {
  const size_t at = next_++;
  const SocketAddress& address = addresses_[at];
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return NoteFailure(at, errno);
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS &&
      errno != EINTR) {
    return NoteFailure(at, errno);
  }
  running_.push_back({std::move(fd), at});
  next_start_ = Clock::now() + kStagger;
}

UniqueFd AddressRace::Settle(const std::vector<pollfd>& waits) {
  std::vector<Attempt> waiting;
  for (size_t i = 0; i < running_.size(); ++i) {
    Attempt& one = running_[i];
    if (waits[i].revents == 0) {
      waiting.push_back(std::move(one));
      continue;
    }
    const int error = PendingError(one.fd.get());
    if (error == 0) return std::move(one.fd);
    NoteFailure(one.address, error);
    next_start_ = Clock::now();
  }
  running_ = std::move(waiting);
  return UniqueFd();
}

void AddressRace::NoteFailure(size_t address, int error) {
  if (!why_.empty()) why_ += "; ";
  if (addresses_.size() > 1) why_ += AddressText(addresses_[address]) + ": ";
  why_ += ErrorText(error);
}

}  // namespace penstock::adapter
