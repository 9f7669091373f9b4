// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/string_hash.h"
#include "tlcp/codes.h"

namespace penstock::session {

// Why sessions ended while no client was there to be told: whoever comes back for one soon is told
// then (TLCP §2.5). The last ones only. Owned by the SessionTable. Shard: own.
class Obituaries {
 public:
  void Add(const std::string& session_id, tlcp::Error cause, TimePoint until);
  // Null if nothing is known.
  const tlcp::Error* Find(std::string_view session_id, TimePoint now) const;

 private:
  static constexpr std::size_t kMost = 1000;

  struct Entry {
    tlcp::Error cause;
    TimePoint until;
  };

  absl::flat_hash_map<std::string, Entry, StringHash, std::equal_to<>> entries_;
  std::deque<std::string> order_;
};

}  // namespace penstock::session
