// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/channel_context.h"

#include <chrono>
#include <utility>

#include "adapters/remote/ari/connection.h"
#include "ari/init.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

constexpr auto kMalformedLogInterval = std::chrono::seconds(60);

}  // namespace

AriChannelContext::AriChannelContext(runtime::Shard& shard_in, AriChannelSettings settings_in,
                                     ProxyCounters& counters_in)
    : shard(shard_in), settings(std::move(settings_in)), counters(counters_in) {}

void AriChannelContext::Refuse(std::unique_ptr<AriConnection> connection, std::string_view reason) {
  counters.connections_refused.Add();
  LogRefusal(connection->peer(), reason);
  ari::WriteClose(reason, &connection->out());
  connection->CloseGently();
  AriConnection::Retire(std::move(connection));
}

void AriChannelContext::Log(LogPace& pace, std::string_view what, std::string_view peer,
                            std::string_view reason) {
  if (!pace.Due(shard.now())) return;
  PENSTOCK_LOG(kAdapter, kWarn, what, {"proxy", settings.proxy.name}, {"peer", peer},
               {"reason", reason}, {"held_back", pace.held_back()});
}

void AriChannelContext::LogArrival(std::string_view peer) {
  if (!arrivals_.Due(shard.now())) return;
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter connected", {"proxy", settings.proxy.name},
               {"peer", peer}, {"held_back", arrivals_.held_back()});
}

void AriChannelContext::CountMalformed(const AriConnection& connection, std::string_view method,
                                       std::string_view why) {
  counters.malformed_lines.Add();
  if (malformed_logged_ != TimePoint::min() &&
      shard.now() < malformed_logged_ + kMalformedLogInterval) {
    return;
  }
  malformed_logged_ = shard.now();
  // Not the line itself: it may hold a password.
  PENSTOCK_LOG(kAdapter, kWarn, "malformed packet of a remote adapter (once a minute)",
               {"proxy", settings.proxy.name}, {"peer", connection.peer()}, {"method", method},
               {"error", why});
}

}  // namespace penstock::adapters
