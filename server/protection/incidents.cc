// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "protection/incidents.h"

#include "base/log.h"

namespace penstock::protection {

namespace {

constexpr auto kQuiet = std::chrono::seconds(10);

constexpr std::string_view kCounterNames[] = {
    "over_connections_per_listener",
    "over_connections_per_address",
    "over_max_sessions",
    "over_sessions_per_address",
    "over_session_rate_per_address",
    "over_request_rate_per_address",
    "over_sessions_per_user",
    "over_request_rate_per_user",
    "over_request_rate_per_session",
    "over_message_rate_per_session",
    "over_subscriptions_per_session",
    "over_items_per_session",
    "over_items_per_subscription",
    "over_fields_per_subscription",
    "over_pending_control_requests",
    "over_waiting_lines",
    "over_creates_pending",
    "over_create_ttl",
    "over_login_failures",
    "over_request_flood",
    "over_control_frame_rate",
    "over_read_timeout",
};
static_assert(std::size(kCounterNames) == kLimitCount);
static_assert(static_cast<std::size_t>(Limit::kSlowRequest) + 1 == kLimitCount);

}  // namespace

std::string_view CounterName(Limit limit) { return kCounterNames[static_cast<std::size_t>(limit)]; }

void Incidents::Note(Limit limit, std::string_view client, TimePoint now) {
  Kind& kind = kinds_[static_cast<std::size_t>(limit)];
  ++kind.count;
  if (now < kind.quiet_until) return;
  kind.quiet_until = now + kQuiet;
  constexpr std::string_view kPrefix = "over_";
  PENSTOCK_LOG(kConnection, kWarn, "limit reached",
               {"limit", CounterName(limit).substr(kPrefix.size())}, {"client", client},
               {"times", static_cast<std::int64_t>(kind.count - kind.told)});
  kind.told = kind.count;
}

}  // namespace penstock::protection
