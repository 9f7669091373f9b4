// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "runtime/shard.h"

namespace penstock::tcp {

// Looks up the addresses of hosts for one shard. The system's resolver blocks, for half a minute if
// the name servers are silent: each lookup has a thread of its own, so that none keeps a shard, its
// neighbours or the end of the process waiting.
//
// Shard: own; may die before the answers come, which are dropped then.
class Resolver {
 public:
  using Addresses = std::vector<asio::ip::address>;
  // NotFound: there is no such host. Anything else: nobody knows right now.
  using OnAnswer = absl::AnyInvocable<void(StatusOr<Addresses>)>;

  explicit Resolver(runtime::Shard& shard);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `on_answer` comes in a later turn. A numeric address is its own answer.
  void Look(const std::string& host, OnAnswer on_answer);
  // No answer comes any more for what was asked so far.
  void Forget();

 private:
  struct Door;  // through which a thread finds the shard, as long as it is wanted

  runtime::Shard& shard_;
  std::shared_ptr<Door> door_;
};

}  // namespace penstock::tcp
