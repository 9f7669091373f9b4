// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

// OpenSSL's objects with an owner, its errors as text, and its way to a socket.
namespace penstock::adapter {

struct OpenSslDelete {
  void operator()(SSL* object) const { ::SSL_free(object); }
  void operator()(SSL_CTX* object) const { ::SSL_CTX_free(object); }
};
template <class T>
using Owned = std::unique_ptr<T, OpenSslDelete>;

// The first error in this thread's queue, as people say it; the queue is empty afterwards.
std::string TakeOpenSslError();

// Reads and writes `fd`, which it does not own. Unlike OpenSSL's own it raises no SIGPIPE, which
// would end a process that has not turned it off. Null when there is no memory.
BIO* NewSocketBio(int fd);

}  // namespace penstock::adapter
