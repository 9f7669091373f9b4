// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/shard.h"

namespace penstock::session {

// Where a session lives.
struct SessionAddress {
  std::uint32_t node = 0;  // of a cluster; 0 = this server is alone
  runtime::ShardIndex shard = 0;
  bool operator==(const SessionAddress&) const = default;
};

// Session ids: 'S', 128 random bits in hexadecimal, 'N' and the number of the node if it has one,
// 'T' and the number of the shard. Letters and digits only, not to be guessed, and anybody can tell
// where the session lives.
std::string MakeSessionId(const SessionAddress& address);

// Nothing if the text is not of that form.
std::optional<SessionAddress> AddressOfSessionId(std::string_view id);

}  // namespace penstock::session
