// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "protection/limit.h"

namespace penstock::protection {

// Counts what was refused for a limit, and tells the log about it: the first of an incident at once
// with the peer, then one line in ten seconds at most, with how many there were. One per shard,
// owned by its SessionTable. Shard: own.
class Incidents {
 public:
  void Note(Limit limit, std::string_view client, TimePoint now);
  std::uint64_t count(Limit limit) const { return kinds_[static_cast<std::size_t>(limit)].count; }

 private:
  struct Kind {
    std::uint64_t count = 0;
    std::uint64_t told = 0;
    TimePoint quiet_until{};
  };
  std::array<Kind, kLimitCount> kinds_;
};

}  // namespace penstock::protection
