// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/options.h"

#include <utility>

#include "transport/http/response_writer.h"

namespace penstock::app {

namespace {

endpoint::Role RoleOf(config::ListenerRole role) {
  switch (role) {
    case config::ListenerRole::kGeneral:
      return endpoint::Role::kGeneral;
    case config::ListenerRole::kCreateOnly:
      return endpoint::Role::kCreateOnly;
    case config::ListenerRole::kControlOnly:
      return endpoint::Role::kControlOnly;
    case config::ListenerRole::kInternal:
      return endpoint::Role::kInternal;
  }
  return endpoint::Role::kGeneral;
}

DiffOrder DiffOrderOf(const std::vector<config::DiffAlgorithm>& algorithms) {
  DiffOrder order;
  for (const config::DiffAlgorithm algorithm : algorithms) {
    order.Add(algorithm == config::DiffAlgorithm::kJsonPatch ? DiffAlgorithm::kJsonPatch
                                                             : DiffAlgorithm::kTlcpDiff);
  }
  return order;
}

endpoint::Compression CompressionOf(config::Compression compression) {
  switch (compression) {
    case config::Compression::kOff:
      return endpoint::Compression::kOff;
    case config::Compression::kAuto:
      return endpoint::Compression::kAuto;
    case config::Compression::kOn:
      return endpoint::Compression::kOn;
  }
  return endpoint::Compression::kOff;
}

tlcp::DiffLimits DiffLimitsOf(const config::Delivery& delivery) {
  tlcp::DiffLimits limits{.max_value_bytes = delivery.max_diff_bytes};
  limits.json_patch_min_length.reset();
  if (delivery.jsonpatch_min_length > 0) {
    limits.json_patch_min_length = delivery.jsonpatch_min_length;
  }
  return limits;
}

}  // namespace

protection::Gate::Options GateOptionsOf(const config::Settings& settings) {
  const config::Limits& limits = settings.limits;
  protection::Gate::Options options;
  options.address = {
      .connections = limits.connections_per_address,
      .sessions = limits.sessions_per_address,
      .session_rate = limits.session_rate_per_address,
      .request_rate = limits.request_rate_per_address,
      .login_failures = limits.login_failures,
      .login_delay_max = limits.login_delay_max,
  };
  options.user = {
      .sessions = limits.sessions_per_user,
      .request_rate = limits.request_rate_per_user,
      .login_failures = limits.login_failures,
      .login_delay_max = limits.login_delay_max,
  };
  options.trusted = protection::AddressRanges(limits.trusted_addresses);
  options.listeners = settings.listeners.size();
  return options;
}

session::Options SessionOptionsOf(const config::Settings& settings) {
  const config::Session& session = settings.session;
  session::Options options;
  options.server_name = settings.server.name;
  options.node = static_cast<std::uint32_t>(settings.server.node);
  if (!settings.server.control_link.empty()) {
    options.control_link = settings.server.control_link;
  }
  options.client_ip_hidden = session.client_ip_hidden;
  options.keepalive = session.keepalive;
  options.keepalive_min = session.keepalive_min;
  options.keepalive_max = session.keepalive_max;
  options.keepalive_jitter_percent = session.keepalive_jitter_percent;
  options.timeout = session.timeout;
  options.recovery = session.recovery;
  options.recovery_max_bytes = session.recovery_max_bytes;
  options.max_duration = session.max_duration;
  options.polling_min = session.polling_min;
  options.streaming_max = session.streaming_max;
  options.idle_max = session.idle_max;
  options.polling_max = session.polling_max;
  options.content_length = session.content_length;
  options.content_length_min = session.content_length_min;
  options.request_limit = static_cast<std::int64_t>(session.request_limit_bytes);
  options.sync_interval = session.sync_interval;
  options.max_delay = settings.delivery.max_delay;
  options.adaptive_delay = settings.delivery.adaptive_delay;
  options.delta_delivery = settings.delivery.delta_delivery;
  options.diffs = {DiffOrderOf(settings.delivery.default_diff_order),
                   DiffLimitsOf(settings.delivery)};
  options.max_buffer_size = settings.delivery.buffer_max_events;
  options.max_buffer_bytes = settings.delivery.buffer_max_bytes;
  options.max_frequency = settings.delivery.frequency_max;
  options.max_bandwidth_kbps = settings.delivery.bandwidth_max_kbps;
  options.slow_client_timeout = settings.delivery.slow_client_timeout;
  options.item_linger = settings.delivery.item_linger;
  options.max_sessions = settings.limits.max_sessions;
  options.max_subscriptions = settings.limits.subscriptions_per_session;
  options.max_items = settings.limits.items_per_subscription;
  options.max_session_items = settings.limits.items_per_session;
  options.max_fields = settings.limits.fields_per_subscription;
  options.max_pending_controls = settings.limits.pending_control_requests;
  options.request_rate = settings.limits.request_rate_per_session;
  options.message_rate = settings.limits.message_rate_per_session;
  options.max_creates_pending = settings.limits.creates_pending;
  options.messages = {settings.limits.messages_per_session, settings.limits.sequences_per_session,
                      settings.limits.message_bytes_per_session,
                      settings.messages.missing_message_timeout};
  return options;
}

endpoint::Options EndpointOptionsOf(const config::Settings& settings) {
  endpoint::Options options;
  options.max_head_bytes = settings.limits.head_size_bytes;
  options.max_headers = settings.limits.headers;
  options.request_limit = settings.session.request_limit_bytes;
  options.batch_sends = settings.delivery.batch_sends;
  options.send_backlog = settings.delivery.send_backlog_bytes;
  options.read_timeout = settings.limits.read_timeout;
  options.min_body_rate = settings.limits.body_rate_min;
  options.request_rate = settings.limits.request_rate_per_session;
  options.control_frame_rate = settings.limits.control_frame_rate;
  options.write_timeout = settings.delivery.write_timeout;
  options.max_ws_frame = settings.websocket.max_frame_bytes;
  options.closing_wait = settings.websocket.closing_wait;
  options.compression = CompressionOf(settings.http.compression);
  options.compression_threshold = settings.http.compression_threshold_bytes;
  return options;
}

StatusOr<endpoint::ListenerProfile> ProfileOf(const config::Listener& listener,
                                              const config::Limits& limits) {
  endpoint::ListenerProfile profile;
  profile.name = listener.name;
  profile.role = RoleOf(listener.role);
  profile.address = listener.address;
  profile.ipv6_only = listener.ipv6_only;
  profile.backlog = listener.backlog;
  std::string bad;
  auto origins = http::OriginPolicy::Create(listener.allowed_origins, &bad);
  if (!origins) return InvalidArgument("listener " + listener.name + ": not an origin: " + bad);
  profile.origins = std::move(*origins);
  for (const config::NameValue& header : listener.response_headers) {
    http::AppendHeader(header.name, header.value, &profile.response_headers);
  }
  if (listener.tls) {
    profile.secure = true;
    profile.handshake_timeout = listener.tls->handshake_timeout;
  }
  profile.echoed_headers = listener.echoed_headers;
  profile.websocket = listener.websocket;
  profile.forward_hops = listener.skip_local_forwards;
  profile.proxy_protocol = listener.proxy_protocol;
  profile.proxy_protocol_timeout = listener.proxy_protocol_timeout;
  if (profile.limited()) {
    profile.max_connections = limits.connections_per_listener;
  }
  return profile;
}

}  // namespace penstock::app
