// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "protection/address.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/resolver.h"

namespace penstock::adapters {

// Where remote adapters may come from: addresses, networks, and hosts by name (ari.md §1.7). Names
// are looked up beforehand and again and again, never for a connection. A name that cannot be
// looked up right now keeps its addresses, one that is gone loses them.
//
// Owned by an AriDoor. Shard: the proxy's; Start() may run before it does.
class AllowList {
 public:
  // Between two lookups, unless somebody is refused: that may be a host that has moved.
  static constexpr Duration kPeriod = std::chrono::seconds(60);
  static constexpr Duration kPeriodOfRefusals = std::chrono::seconds(2);
  static constexpr Duration kFirstPatience = std::chrono::seconds(2);

  // `entries` were checked. `label`: whose list it is, for the log.
  AllowList(runtime::Shard& shard, const std::vector<std::string>& entries, std::string label);

  void Start();
  void Stop();
  // Every name has been looked up once, so that the answer is one; or that takes too long.
  bool ready() const { return first_lookups_ == 0 || shard_.now() >= patience_; }
  bool Contains(const asio::ip::address& address) const;
  // False: no lookup of a name will change that it does not. Thread-safe.
  bool MayContain(const asio::ip::address& address) const;
  // Somebody was refused.
  void OnRefusal();

 private:
  struct Name {
    std::string host;
    std::vector<protection::Address> addresses;
    bool looked_up = false;
    bool complained = false;
  };

  void LookUp();
  void OnAnswer(Name& name, const StatusOr<tcp::Resolver::Addresses>& answer);

  // Fixed after construction.
  runtime::Shard& shard_;
  const std::string label_;
  const bool everybody_;
  protection::AddressRanges ranges_;

  // State.
  std::vector<Name> names_;
  std::size_t first_lookups_ = 0;
  std::size_t under_way_ = 0;
  TimePoint patience_;
  TimePoint looked_up_ = TimePoint::min();
  tcp::Resolver resolver_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::adapters
