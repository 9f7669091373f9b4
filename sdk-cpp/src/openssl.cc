// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "openssl.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace penstock::adapter {
namespace {

int Descriptor(BIO* bio) {
  return static_cast<int>(reinterpret_cast<intptr_t>(::BIO_get_data(bio)));
}

bool IsPassing(int error) { return error == EAGAIN || error == EINTR; }

int ReadBio(BIO* bio, char* to, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::recv(Descriptor(bio), to, size, 0);
  if (n < 0 && IsPassing(errno)) BIO_set_retry_read(bio);
  if (n == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (n <= 0) return 0;
  *got = static_cast<size_t>(n);
  return 1;
}

int WriteBio(BIO* bio, const char* from, size_t size, size_t* sent) {
  BIO_clear_retry_flags(bio);
  const ssize_t n = ::send(Descriptor(bio), from, size, MSG_NOSIGNAL);
  if (n < 0 && IsPassing(errno)) BIO_set_retry_write(bio);
  if (n <= 0) return 0;
  *sent = static_cast<size_t>(n);
  return 1;
}

long ControlBio(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* SocketMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) return made;
    ::BIO_meth_set_read_ex(made, ReadBio);
    ::BIO_meth_set_write_ex(made, WriteBio);
    ::BIO_meth_set_ctrl(made, ControlBio);
    return made;
  }();
  return method;
}

}  // namespace

std::string TakeOpenSslError() {
  const unsigned long error = ::ERR_get_error();
  ::ERR_clear_error();
  if (error == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(error)) return std::system_category().message(ERR_GET_REASON(error));
  const char* const reason = ::ERR_reason_error_string(error);
  return reason != nullptr ? reason : "error " + std::to_string(error);
}

BIO* NewSocketBio(int fd) {
  BIO_METHOD* const method = SocketMethod();
  BIO* const bio = method == nullptr ? nullptr : ::BIO_new(method);
  if (bio == nullptr) return nullptr;
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
  ::BIO_set_init(bio, 1);
  return bio;
}

}  // namespace penstock::adapter
