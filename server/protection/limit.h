// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::protection {

// What a client can run into. Each is counted and told in the log by its name.
enum class Limit : std::uint8_t {
  kConnectionsPerListener,
  kConnectionsPerAddress,
  kSessions,
  kSessionsPerAddress,
  kSessionRatePerAddress,
  kRequestRatePerAddress,
  kSessionsPerUser,
  kRequestRatePerUser,
  kRequestRatePerSession,
  kMessageRatePerSession,
  kSubscriptionsPerSession,
  kItemsPerSession,
  kItemsPerSubscription,
  kFieldsPerSubscription,
  kPendingControls,
  kWaitingLines,
  kCreatesPending,
  kCreateTtl,
  kLoginFailures,
  kRequestFlood,
  kControlFrames,
  kSlowRequest,
};
inline constexpr std::size_t kLimitCount = 22;

// As in the totals of a shard: "over_connections_per_address".
std::string_view CounterName(Limit limit);

}  // namespace penstock::protection
