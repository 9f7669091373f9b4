// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protection/address.h"
#include "protection/client_ledger.h"
#include "protection/seat.h"

namespace penstock::protection {

// What is counted over all shards, so that a limit means what it says however the kernel spreads
// connections. Owned by the app, outlives the shards. Shard: any.
class Gate {
 public:
  struct Options {
    ClientLimits address;
    ClientLimits user;
    AddressRanges trusted;  // limits of addresses are not for these
    std::size_t listeners = 1;
  };

  explicit Gate(Options options)
      : trusted_(std::move(options.trusted)),
        addresses_(options.address),
        users_(options.user),
        connections_(options.listeners) {}

  // By AddressKey().
  ClientLedger& addresses() { return addresses_; }
  // By UserKey().
  ClientLedger& users() { return users_; }
  bool Trusts(std::string_view ip) const {
    const std::optional<Address> address = ParseAddress(ip);
    return address && trusted_.Contains(*address);
  }

  std::atomic<std::size_t>& connections(std::size_t listener) { return connections_[listener]; }
  std::atomic<std::size_t>& sessions() { return sessions_; }
  std::atomic<std::size_t>& creates_pending() { return creates_pending_; }
  std::atomic<std::size_t>& creates_delayed() { return creates_delayed_; }

 private:
  const AddressRanges trusted_;
  ClientLedger addresses_;
  ClientLedger users_;
  std::vector<std::atomic<std::size_t>> connections_;
  std::atomic<std::size_t> sessions_{0};
  std::atomic<std::size_t> creates_pending_{0};  // at a Metadata Adapter
  std::atomic<std::size_t> creates_delayed_{0};  // not yet there
};

// What a session holds of all that is bounded, until it ends.
struct Pass {
  Seat seat;
  ClientLedger::SessionPlace address;
  ClientLedger::SessionPlace user;
};

// Users of two Adapter Sets are different people. Names may be of any length, keys not.
std::string UserKey(std::string_view adapter_set, std::string_view user);

}  // namespace penstock::protection
