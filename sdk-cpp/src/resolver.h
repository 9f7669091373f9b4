// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "address.h"
#include "penstock/adapter/result.h"
#include "socket.h"

namespace penstock::adapter {

// Looks up the addresses of one host. The system's resolver blocks, for half a minute if the name
// servers are silent: it has a thread of its own, for which nobody waits longer than he likes.
// Owner and thread: a connector's. Invariant: one such thread at most. It may outlive all else:
// what it finds is dropped then.
class Resolver {
 public:
  // `flags`: of getaddrinfo().
  Resolver(std::string host, uint16_t port, int flags)
      : host_(std::move(host)), port_(port), flags_(flags) {}

  // The addresses of now, one at least. Who has lost patience gets what was asked for then.
  Result<Addresses> Look(const Patience& patience);

 private:
  struct Search;

  Status Start();
  Error Failure(const std::string& why) const;

  const std::string host_;
  const uint16_t port_;
  const int flags_;
  std::shared_ptr<Search> search_;  // under way
};

}  // namespace penstock::adapter
