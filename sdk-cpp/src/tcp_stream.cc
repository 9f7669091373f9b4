// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "tcp_stream.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace penstock::adapter {

TcpStream::TcpStream(UniqueFd fd) : Stream(std::move(fd)) {
  const int flags = ::fcntl(this->fd(), F_GETFL);
  (void)::fcntl(this->fd(), F_SETFL, flags & ~O_NONBLOCK);
}

Stream::ReadResult TcpStream::Read(std::span<char> buffer) {
  const ssize_t n = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n > 0) return {ReadStatus::kGot, static_cast<size_t>(n)};
  if (n == 0) return {ReadStatus::kEnd};
  if (errno == EINTR || errno == EAGAIN) return {ReadStatus::kNothingYet};
  error_ = errno;
  return {ReadStatus::kFailed};
}

std::string TcpStream::why() const { return ErrorText(error_); }

size_t TcpStream::Write(std::string_view bytes) {
  while (true) {
    const ssize_t n = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EINTR) continue;
    unsent_error_ = errno;
    return 0;
  }
}

std::string TcpStream::why_unsent() const { return ErrorText(unsent_error_); }

void TcpStream::EndSending() { ::shutdown(fd(), SHUT_WR); }

}  // namespace penstock::adapter
