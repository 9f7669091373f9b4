// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "config/settings.h"
#include "protection/address.h"

namespace penstock::adapters {

// Keeps those from guessing who name wrong credentials: after some in a row an address is turned
// away for a second, after each further one for twice as long, up to a bound. Others notice
// nothing. Trusted addresses are never turned away: many may stand behind one, a tunnel's for
// example.
//
// Owned by an AriChannelContext. Shard: the proxy's.
class LoginGuard {
 public:
  static constexpr std::size_t kMaxAddresses = 1024;  // the one longest quiet is forgotten first

  explicit LoginGuard(const config::Limits& limits);

  bool TurnsAway(const std::string& address, TimePoint now) const;
  void OnWrong(const std::string& address, TimePoint now);
  void OnRight(const std::string& address) { known_.erase(protection::AddressKey(address)); }

 private:
  struct Known {
    std::uint32_t failures = 0;
    TimePoint last;
    TimePoint until;
  };

  const std::uint32_t free_failures_;  // 0: no guard
  const Duration longest_;
  const protection::AddressRanges trusted_;
  std::unordered_map<std::string, Known> known_;  // by AddressKey()
};

}  // namespace penstock::adapters
