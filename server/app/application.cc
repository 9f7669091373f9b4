// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "app/application.h"

#include <unistd.h>

#include <csignal>
#include <future>
#include <thread>

#include "base/log.h"
#include "tlcp/codes.h"
#include "tlcp/value_diff.h"
#include "transport/http/response_writer.h"
#include "transport/tcp/listener.h"

namespace penstock::app {

namespace {

constexpr auto kAdapterGoodbye = std::chrono::seconds(2);
constexpr auto kPollPeriod = std::chrono::milliseconds(20);

std::size_t ShardCount(const config::Settings& settings) {
  if (settings.server.shards > 0) return static_cast<std::size_t>(settings.server.shards);
  return std::max(1u, std::thread::hardware_concurrency());
}

std::string InstanceId() {
  return std::to_string(::getpid()) + "T" +
         std::to_string(std::chrono::system_clock::now().time_since_epoch() /
                        std::chrono::milliseconds(1));
}

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

}  // namespace

Application::Application(config::Settings settings)
    : settings_(std::move(settings)),
      gate_(GateOptionsOf(settings_)),
      shards_(ShardCount(settings_), clock_),
      fields_(settings_.limits.field_names),
      tls_(settings_.listeners, clock_),
      adapter_tls_(settings_.adapter_sets, clock_) {}

Application::~Application() {
  if (shards_.running()) {  // a start that failed half-way: some shards may serve already
    OnEachShard([this](std::size_t i) {
      parts_[i].sessions->CloseAll(tlcp::MakeError(tlcp::SessionCode::kClosedByServer));
    });
  }
  shards_.StopAndJoin();
  // Sessions leave their items before the items and the adapters go.
  for (PerShard& part : parts_) part.endpoint.reset();
  for (PerShard& part : parts_) part.sessions.reset();
  hub_.reset();
}

template <class Function>
void Application::OnEachShard(Function function) {
  std::vector<std::future<void>> done;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    shards_[i].Post([function, i, promise] {
      function(i);
      promise->set_value();
    });
  }
  for (std::future<void>& one : done) one.wait();
}

Status Application::MakeListeners() {
  PENSTOCK_RETURN_IF_ERROR(tls_.Load());
  PENSTOCK_RETURN_IF_ERROR(adapter_tls_.Load());
  for (const auto& notes : {tls_.notes(), adapter_tls_.notes()}) {
    for (const std::string& note : notes) {
      PENSTOCK_LOG(kServer, kWarn, "certificate", {"what", note});
    }
  }
  for (const config::Listener& listener : settings_.listeners) {
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
      profile.max_connections = settings_.limits.connections_per_listener;
    }
    // Another process must not share the port with us.
    auto port = tcp::Listener::ClaimPort({listener.address, listener.port, listener.ipv6_only});
    if (!port.ok()) return port.status();
    profile.port = *port;
    listeners_.push_back(std::move(profile));
  }
  return OkStatus();
}

void Application::MakeOptions() {
  const config::Session& session = settings_.session;
  session_options_.server_name = settings_.server.name;
  session_options_.node = static_cast<std::uint32_t>(settings_.server.node);
  if (!settings_.server.control_link.empty()) {
    session_options_.control_link = settings_.server.control_link;
  }
  session_options_.client_ip_hidden = session.client_ip_hidden;
  session_options_.keepalive = session.keepalive;
  session_options_.keepalive_min = session.keepalive_min;
  session_options_.keepalive_max = session.keepalive_max;
  session_options_.keepalive_jitter_percent = session.keepalive_jitter_percent;
  session_options_.timeout = session.timeout;
  session_options_.recovery = session.recovery;
  session_options_.recovery_max_bytes = session.recovery_max_bytes;
  session_options_.max_duration = session.max_duration;
  session_options_.polling_min = session.polling_min;
  session_options_.streaming_max = session.streaming_max;
  session_options_.idle_max = session.idle_max;
  session_options_.polling_max = session.polling_max;
  session_options_.content_length = session.content_length;
  session_options_.content_length_min = session.content_length_min;
  session_options_.request_limit = static_cast<std::int64_t>(session.request_limit_bytes);
  session_options_.sync_interval = session.sync_interval;
  session_options_.max_delay = settings_.delivery.max_delay;
  session_options_.adaptive_delay = settings_.delivery.adaptive_delay;
  session_options_.delta_delivery = settings_.delivery.delta_delivery;
  session_options_.diffs = {DiffOrderOf(settings_.delivery.default_diff_order),
                            DiffLimitsOf(settings_.delivery)};
  session_options_.max_buffer_size = settings_.delivery.buffer_max_events;
  session_options_.max_buffer_bytes = settings_.delivery.buffer_max_bytes;
  session_options_.max_frequency = settings_.delivery.frequency_max;
  session_options_.max_bandwidth_kbps = settings_.delivery.bandwidth_max_kbps;
  session_options_.slow_client_timeout = settings_.delivery.slow_client_timeout;
  session_options_.item_linger = settings_.delivery.item_linger;
  session_options_.max_sessions = settings_.limits.max_sessions;
  session_options_.max_subscriptions = settings_.limits.subscriptions_per_session;
  session_options_.max_items = settings_.limits.items_per_subscription;
  session_options_.max_session_items = settings_.limits.items_per_session;
  session_options_.max_fields = settings_.limits.fields_per_subscription;
  session_options_.max_pending_controls = settings_.limits.pending_control_requests;
  session_options_.request_rate = settings_.limits.request_rate_per_session;
  session_options_.message_rate = settings_.limits.message_rate_per_session;
  session_options_.max_creates_pending = settings_.limits.creates_pending;
  session_options_.messages = {
      settings_.limits.messages_per_session, settings_.limits.sequences_per_session,
      settings_.limits.message_bytes_per_session, settings_.messages.missing_message_timeout};
  session_options_.adapter_sets = hub_->adapter_sets();
  endpoint_options_.max_head_bytes = settings_.limits.head_size_bytes;
  endpoint_options_.max_headers = settings_.limits.headers;
  endpoint_options_.request_limit = session.request_limit_bytes;
  endpoint_options_.send_backlog = settings_.delivery.send_backlog_bytes;
  endpoint_options_.read_timeout = settings_.limits.read_timeout;
  endpoint_options_.min_body_rate = settings_.limits.body_rate_min;
  endpoint_options_.request_rate = settings_.limits.request_rate_per_session;
  endpoint_options_.control_frame_rate = settings_.limits.control_frame_rate;
  endpoint_options_.write_timeout = settings_.delivery.write_timeout;
  endpoint_options_.max_ws_frame = settings_.websocket.max_frame_bytes;
  endpoint_options_.closing_wait = settings_.websocket.closing_wait;
  endpoint_options_.compression = CompressionOf(settings_.http.compression);
  endpoint_options_.compression_threshold = settings_.http.compression_threshold_bytes;
}

void Application::MakeShards() {
  std::vector<kernel::ItemRegistry*> items;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    PerShard& part = parts_.emplace_back();
    part.items = std::make_unique<kernel::ItemRegistry>(shards_[i]);
    part.router = std::make_unique<kernel::EventRouter>(shards_[i], fields_);
    part.sessions = std::make_unique<session::SessionTable>(shards_[i], session_options_,
                                                            *part.items, fields_, gate_);
    items.push_back(part.items.get());
  }
  std::vector<session::SessionTable*> tables;
  for (PerShard& part : parts_) {
    part.items->Connect(items);
    part.router->Connect(items);
    tables.push_back(part.sessions.get());
  }
  std::vector<endpoint::Endpoint*> endpoints;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    parts_[i].sessions->Connect(tables);
    parts_[i].endpoint = std::make_unique<endpoint::Endpoint>(
        shards_[i], endpoint_options_, listeners_, *parts_[i].sessions, tables, *pages_);
    for (std::size_t l = 0; l < listeners_.size(); ++l) {
      parts_[i].endpoint->SetTls(l, tls_.context(l));
    }
    endpoints.push_back(parts_[i].endpoint.get());
  }
  for (PerShard& part : parts_) part.endpoint->Connect(endpoints);
  control_ = std::make_unique<SessionControl>(shards_, tables);
}

Status Application::Start() {
  PENSTOCK_RETURN_IF_ERROR(MakeListeners());
  const config::Http& http = settings_.http;
  auto pages = admin::StaticPages::Create(
      settings_.pages.dir, settings_.pages.cache,
      http.compression == config::Compression::kOff ? SIZE_MAX : http.compression_threshold_bytes);
  if (!pages.ok()) return pages.status();
  pages_ = std::move(*pages);
  MakeShards();
  std::vector<kernel::EventRouter*> routers;
  for (PerShard& part : parts_) routers.push_back(part.router.get());
  hub_ = std::make_unique<adapters::AdapterHub>(settings_, shards_, std::move(routers), *control_,
                                                InstanceId(), [this](std::string reason) {
                                                  {
                                                    const std::lock_guard lock(fatal_mutex_);
                                                    fatal_ = std::move(reason);
                                                  }
                                                  ::kill(::getpid(), SIGTERM);  // wakes main() up
                                                });
  for (const AdapterTls::Change& one : adapter_tls_.contexts()) {
    hub_->SetTls(*one.proxy, one.context);
  }
  PENSTOCK_RETURN_IF_ERROR(hub_->Start());
  MakeOptions();
  shards_.Start();
  while (!hub_->WaitFirstConnections(clock_.Now() + std::chrono::milliseconds(200))) {
    sigset_t pending;
    ::sigpending(&pending);
    if (::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1) {
      return OkStatus();  // main() takes the signal and stops
    }
    if (clock_.Now() >= NextCertificateCheck()) CheckCertificates(false);
  }
  return Listen();
}

Status Application::Listen() {
  std::vector<Status> results(shards_.size());
  OnEachShard([this, &results](std::size_t i) { results[i] = parts_[i].endpoint->Listen(); });
  for (const Status& result : results) PENSTOCK_RETURN_IF_ERROR(result);
  for (const endpoint::ListenerProfile& listener : listeners_) {
    PENSTOCK_LOG(kServer, kInfo, "listening", {"listener", listener.name},
                 {"address", listener.address}, {"port", listener.port},
                 {"tls", listener.secure ? "yes" : "no"});
  }
  return OkStatus();
}

void Application::CheckCertificates(bool all) {
  for (const std::size_t listener : tls_.Check(all)) {
    OnEachShard([this, listener, context = tls_.context(listener)](std::size_t i) {
      parts_[i].endpoint->SetTls(listener, context);
    });
  }
  for (const AdapterTls::Change& one : adapter_tls_.Check(all)) {
    hub_->SetTls(*one.proxy, one.context);
  }
}

bool Application::Drained() {
  std::atomic<std::size_t> left{0};
  OnEachShard([this, &left](std::size_t i) { left += parts_[i].endpoint->connection_count(); });
  return left == 0;
}

void Application::Stop() {
  const TimePoint deadline = clock_.Now() + settings_.server.drain_timeout;
  hub_->StopInput();
  OnEachShard([this](std::size_t i) {
    parts_[i].endpoint->StopInput();
    // A code that makes clients come back by themselves, here or elsewhere.
    parts_[i].sessions->CloseAll(
        tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached, "The server shuts down"));
  });
  OnEachShard([this](std::size_t i) { parts_[i].endpoint->CloseConnections(); });
  while (!Drained() && clock_.Now() < deadline) std::this_thread::sleep_for(kPollPeriod);
  hub_->Settle(std::max(deadline, clock_.Now() + kAdapterGoodbye));
  hub_->Drain(clock_.Now() + kAdapterGoodbye);
  LogTotals();
  shards_.StopAndJoin();
}

void Application::LogTotals() {
  OnEachShard([this](std::size_t i) {
    const PerShard& part = parts_[i];
    const endpoint::EndpointCounters& in = part.endpoint->counters();
    const session::SessionCounters& sessions = part.sessions->counters();
    const session::PumpCounters& out = part.sessions->pump().counters();
    const kernel::KernelCounters& events = part.items->counters();
    std::vector<log::Field> fields = {{"shard", i},
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
                                      {"tls_handshakes", in.tls_handshakes},
                                      {"tls_resumed", in.tls_resumed},
                                      {"tls_handshakes_failed", in.tls_handshakes_failed},
                                      {"tls_timeouts", in.tls_timeouts},
                                      {"tls_plain_requests", in.tls_plain_requests},
                                      {"compressed", in.compressed},
                                      {"compressed_bytes_saved", in.compressed_bytes_saved},
                                      {"sessions_opened", sessions.opened},
                                      {"sessions_refused", sessions.refused},
                                      {"sessions_closed", sessions.closed},
                                      {"session_conflicts", sessions.conflicts},
                                      {"recovered", sessions.recovered},
                                      {"recoveries_refused", sessions.recoveries_refused},
                                      {"messages", sessions.messages},
                                      {"messages_refused", sessions.messages_refused},
                                      {"messages_skipped", sessions.messages_skipped},
                                      {"links_blocked", sessions.links_blocked},
                                      {"slow_clients_ended", sessions.slow_clients},
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
                                      {"flushes", out.flushes},
                                      {"bytes", out.bytes}};
    for (std::size_t limit = 0; limit < protection::kLimitCount; ++limit) {
      const auto which = static_cast<protection::Limit>(limit);
      fields.emplace_back(protection::CounterName(which), part.sessions->incidents().count(which));
    }
    if (log::Enabled(log::Area::kServer, log::Level::kInfo)) {
      log::Write(log::Area::kServer, log::Level::kInfo, "shard totals",
                 std::span<const log::Field>(fields));
    }
  });
  tls_.LogTotals();
  adapter_tls_.LogTotals();
  for (const adapters::ProxyStatus& proxy : hub_->Describe()) {
    const adapters::ProxyCounters& counted = *proxy.counters;
    PENSTOCK_LOG(kServer, kInfo, "proxy totals", {"proxy", proxy.name},
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
                 {"tls_plain_peers", counted.tls_plain_peers.value()},
                 {"requests", counted.requests.value()},
                 {"requests_failed", counted.requests_failed.value()},
                 {"timeouts", counted.timeouts.value()},
                 {"late_replies", counted.late_replies.value()},
                 {"items_failed", counted.items_failed.value()}, {"events", counted.events.value()},
                 {"events_stale", counted.events_stale.value()},
                 {"events_refused", counted.events_refused.value()},
                 {"malformed_lines", counted.malformed_lines.value()},
                 {"forced_terminations", counted.forced_terminations.value()},
                 {"forced_unsubscriptions", counted.forced_unsubscriptions.value()},
                 {"forced_calls_refused", counted.forced_calls_refused.value()},
                 {"close_notices_repeated", counted.close_notices_repeated.value()},
                 {"close_notices_dropped", counted.close_notices_dropped.value()},
                 {"requests_turned_away", counted.requests_turned_away.value()});
  }
}

std::string Application::fatal() const {
  const std::lock_guard lock(fatal_mutex_);
  return fatal_;
}

}  // namespace penstock::app
