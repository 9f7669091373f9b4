// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/totals.h"

#include <span>
#include <vector>

#include "base/log.h"

namespace penstock::app {

void LogShardTotals(std::size_t shard, endpoint::Endpoint& endpoint,
                    session::SessionTable& sessions, const kernel::ItemRegistry& items) {
  const endpoint::EndpointCounters& in = endpoint.counters();
  const session::SessionCounters& session = sessions.counters();
  const session::PumpCounters& out = sessions.pump().counters();
  const kernel::KernelCounters& events = items.counters();
  std::vector<log::Field> fields = {{"shard", shard},
                                    {"connections", in.accepted},
                                    {"connections_refused", in.refused_connections},
                                    {"proxy_headers_refused", in.proxy_headers_refused},
                                    {"accepts_put_off", in.accepts_put_off},
                                    {"misplaced_requests", in.misplaced_requests},
                                    {"bad_forwards", in.bad_forwards},
                                    {"http_requests", in.http_requests},
                                    {"ws_messages", in.ws_messages},
                                    {"protocol_errors", in.protocol_errors},
                                    {"read_timeouts", in.read_timeouts},
                                    {"slow_readers", in.slow_readers},
                                    {"handed_over", in.handed_over},
                                    {"batches", endpoint.sends().counters().batches},
                                    {"batched_sends", endpoint.sends().counters().sends},
                                    {"tls_handshakes", in.tls_handshakes},
                                    {"tls_resumed", in.tls_resumed},
                                    {"tls_handshakes_failed", in.tls_handshakes_failed},
                                    {"tls_timeouts", in.tls_timeouts},
                                    {"tls_plain_requests", in.tls_plain_requests},
                                    {"compressed", in.compressed},
                                    {"compressed_bytes_saved", in.compressed_bytes_saved},
                                    {"sessions_opened", session.opened},
                                    {"sessions_refused", session.refused},
                                    {"sessions_closed", session.closed},
                                    {"session_conflicts", session.conflicts},
                                    {"recovered", session.recovered},
                                    {"recoveries_refused", session.recoveries_refused},
                                    {"controls_refused", session.controls_refused},
                                    {"messages", session.messages},
                                    {"messages_refused", session.messages_refused},
                                    {"messages_skipped", session.messages_skipped},
                                    {"links_blocked", session.links_blocked},
                                    {"slow_clients_ended", session.slow_clients},
                                    {"events", events.events},
                                    {"events_stale", events.events_stale},
                                    {"events_no_change", events.events_no_change},
                                    {"events_invalid", events.events_invalid},
                                    {"events_prefiltered", events.events_prefiltered},
                                    {"items_refused", events.refused},
                                    {"items_lingered", events.lingered},
                                    {"updates", out.updates},
                                    {"snapshot", out.snapshot},
                                    {"filtered", out.filtered},
                                    {"lost", out.lost},
                                    {"unchanged", out.unchanged},
                                    {"unselected", out.unselected},
                                    {"flushes", out.flushes},
                                    {"bytes", out.bytes}};
  for (std::size_t limit = 0; limit < protection::kLimitCount; ++limit) {
    const auto which = static_cast<protection::Limit>(limit);
    fields.emplace_back(protection::CounterName(which), sessions.incidents().count(which));
  }
  if (log::Enabled(log::Area::kServer, log::Level::kInfo)) {
    log::Write(log::Area::kServer, log::Level::kInfo, "shard totals",
               std::span<const log::Field>(fields));
  }
}

void LogProxyTotals(const adapters::ProxyStatus& proxy) {
  const adapters::ProxyCounters& counted = *proxy.counters;
  PENSTOCK_LOG(
      kServer, kInfo, "proxy totals", {"proxy", proxy.name},
      {"connections", counted.connections.value()},
      {"connections_lost", counted.connections_lost.value()},
      {"connections_refused", counted.connections_refused.value()},
      {"takeovers", counted.takeovers.value()},
      {"standby_packets", counted.standby_packets.value()},
      {"addresses_refused", counted.addresses_refused.value()},
      {"credentials_refused", counted.credentials_refused.value()},
      {"dials", counted.dials.value()}, {"dials_failed", counted.dials_failed.value()},
      {"tls_handshakes", counted.tls_handshakes.value()},
      {"tls_handshakes_failed", counted.tls_handshakes_failed.value()},
      {"tls_plain_peers", counted.tls_plain_peers.value()}, {"requests", counted.requests.value()},
      {"requests_failed", counted.requests_failed.value()}, {"timeouts", counted.timeouts.value()},
      {"requests_cancelled", counted.requests_cancelled.value()},
      {"late_replies", counted.late_replies.value()},
      {"items_failed", counted.items_failed.value()},
      {"items_resumed", counted.items_resumed.value()},
      {"items_called_off", counted.items_called_off.value()}, {"events", counted.events.value()},
      {"events_stale", counted.events_stale.value()},
      {"events_refused", counted.events_refused.value()},
      {"diff_declarations", counted.diff_declarations.value()},
      {"malformed_lines", counted.malformed_lines.value()},
      {"forced_terminations", counted.forced_terminations.value()},
      {"forced_unsubscriptions", counted.forced_unsubscriptions.value()},
      {"forced_calls_refused", counted.forced_calls_refused.value()},
      {"close_notices_repeated", counted.close_notices_repeated.value()},
      {"close_notices_dropped", counted.close_notices_dropped.value()},
      {"requests_turned_away", counted.requests_turned_away.value()});
}

}  // namespace penstock::app
