// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The keys of what serves clients: listeners, sessions, delivery, limits, log, pages.

#include "config/key_binding.h"

namespace penstock::config {
namespace {

constexpr std::string_view kLevels = "trace, debug, info, warn, error or off";

constexpr Key<Settings> kTop[] = {
    Bind<&Settings::adapters_files>(
        "adapters_files",
        "adapters.xml files to read adapter sets from, as well as from this file."),
};

constexpr Key<Server> kServer[] = {
    Bind<&Server::name>("name", "What SERVNAME tells a client.", {.check = kLabel}),
    Bind<&Server::shards>("shards", "Threads that serve clients; 0 = one for each core.",
                          {.max = 256}),
    Bind<&Server::node>("node",
                        "Of several servers behind one address each has its own number; 0 = alone.",
                        {.max = 65535}),
    Bind<&Server::control_link>(
        "control_link",
        "How clients of this server reach it again, host[:port]; empty: as they did before.",
        {.check = kControlLink}),
    Bind<&Server::drain_timeout>("drain_timeout_seconds",
                                 "At a stop, how long clients get to move elsewhere.",
                                 {.max = 3600}),
};

constexpr Key<Listener> kListener[] = {
    Bind<&Listener::name>("name",
                          "In logs, and as LOCAL_SERVER of each new session at the Metadata "
                          "Adapter; no two the same.",
                          {.check = kLabel}),
    Bind<&Listener::role>("role",
                          "What is served; all but general need a reason, see docs/operate.md.",
                          {.choices = "general, create_only, control_only or internal"}),
    Bind<&Listener::address>("address",
                             "Loopback unless you say otherwise; \"0.0.0.0\" is every interface.",
                             {.check = kAddress}),
    Bind<&Listener::port>("port", "Each listener has its own.", {.min = 1, .max = 65535}),
    Bind<&Listener::ipv6_only>("ipv6_only",
                               "false: an IPv6 address \"::\" takes IPv4 clients as well."),
    Bind<&Listener::backlog>("backlog",
                             "Connections that may wait to be accepted; 0 = the system's maximum.",
                             {.max = 65535}),
    Bind<&Listener::allowed_origins>(
        "allowed_origins", "Web pages that may connect: \"*\", or \"https://app.example.com\" ...",
        {.check = kOrigins}),
    Bind<&Listener::response_headers>(
        "response_headers",
        "Added to each answer, as { name = \"x-accel-buffering\", value = \"no\" }.",
        {.check = kHeaders}),
    Bind<&Listener::echoed_headers>(
        "echoed_headers", "Headers of a request that its answer repeats, such as \"x-request-id\".",
        {.check = kEchoes}),
    Bind<&Listener::websocket>(
        "websocket", "false: refused at once, for proxies that break it; clients use HTTP."),
    Bind<&Listener::skip_local_forwards>(
        "skip_local_forwards",
        "HTTP proxies of your own in front that write X-Forwarded-For; 0 = it is not believed.",
        {.max = 100}),
    Bind<&Listener::proxy_protocol>(
        "proxy_protocol", "true: a TCP proxy is in front, and says who connects (version 1 or 2)."),
    Bind<&Listener::proxy_protocol_timeout>("proxy_protocol_timeout_millis",
                                            "Within so long; then the connection is cut.",
                                            {.min = 1, .max = 60'000}),
};

constexpr Key<Tls> kTls[] = {
    Bind<&Tls::certificates>(
        "certificates", "PEM, each with its chain; by the name a client asks for, else the first.",
        {.check = kCertificates,
         .example = "[{ certificate_file = \"server.pem\", key_file = \"server.key\" }]"}),
    Bind<&Tls::min_version>("min_version", "The oldest version that clients may speak.",
                            {.choices = "1.2 or 1.3"}),
    Bind<&Tls::ciphers>("ciphers", "Of TLS 1.2, as `openssl ciphers` writes them."),
    Bind<&Tls::cipher_suites>("cipher_suites", "Of TLS 1.3, the best first."),
    Bind<&Tls::client_certificates>(
        "client_certificates", "Whether clients show a certificate; the Metadata Adapter is told.",
        {.choices = "none, optional or required"}),
    Bind<&Tls::client_ca_file>("client_ca_file", "PEM: who may have signed those; empty: nobody."),
    Bind<&Tls::session_tickets>("session_tickets",
                                "Clients that come back save a round trip and the server a key."),
    Bind<&Tls::ticket_key_rotation>("ticket_key_rotation_seconds",
                                    "So long a ticket is good; what seals them is then made anew.",
                                    {.min = 60, .max = 604'800}),
    Bind<&Tls::handshake_timeout>("handshake_timeout_millis",
                                  "A client that has not shaken hands by then is cut off.",
                                  {.min = 100, .max = kHourMillis}),
    Bind<&Tls::reload_check>("reload_check_millis",
                             "How often the files are looked at for changes; 0: on SIGHUP only.",
                             {.max = kHourMillis}),
};

constexpr Key<Session> kSession[] = {
    Bind<&Session::keepalive>("keepalive_millis",
                              "A quiet stream gets a PROBE this often if the client does not ask.",
                              {.min = 100, .max = kHourMillis}),
    Bind<&Session::keepalive_min>("keepalive_min_millis",
                                  "The shortest a client may ask for; below, probes cost too much.",
                                  {.min = 100, .max = kHourMillis}),
    Bind<&Session::keepalive_max>("keepalive_max_millis",
                                  "The longest a client may ask for; beyond, proxies cut the line.",
                                  {.min = 100, .max = kHourMillis}),
    Bind<&Session::keepalive_jitter_percent>(
        "keepalive_jitter_percent",
        "PROBEs come early by up to this share, so that not all are due at once.", {.max = 50}),
    Bind<&Session::timeout>("timeout_millis",
                            "How long a session without a connection waits for its client.",
                            {.min = 100, .max = kDayMillis}),
    Bind<&Session::recovery>("recovery_millis",
                             "The same when its connection broke; 0: what was lost is lost.",
                             {.max = kHourMillis}),
    Bind<&Session::recovery_max_bytes>(
        "recovery_max_bytes",
        "Sent lines kept to be sent again, of each stream; what is shared counts for each.",
        {.min = 1000, .max = 1024 * kMebibyte}),
    Bind<&Session::max_duration>(
        "max_duration_seconds",
        "Older sessions end, and their clients open new ones, maybe elsewhere; 0 = never.",
        {.max = 366 * 86400}),
    Bind<&Session::idle_max>("idle_max_millis",
                             "The longest that a poll may wait for data; clients may ask for less.",
                             {.max = kHourMillis}),
    Bind<&Session::polling_max>("polling_max_millis",
                                "The longest pause between polls that a client may ask for.",
                                {.max = kHourMillis}),
    Bind<&Session::polling_min>("polling_min_millis",
                                "Polls that begin sooner after the last one are held back.",
                                {.max = kHourMillis}),
    Bind<&Session::streaming_max>(
        "streaming_max_millis",
        "A streaming HTTP response ends then and the client binds anew; 0 = no limit.",
        {.max = kDayMillis}),
    Bind<&Session::content_length>("content_length_bytes",
                                   "A streaming HTTP response ends here and the client binds anew.",
                                   {.min = 1000, .max = 1'000'000'000'000}),
    Bind<&Session::content_length_min>("content_length_min_bytes",
                                       "The least a client may ask for; less means endless binds.",
                                       {.min = 1000, .max = 1'000'000'000'000}),
    Bind<&Session::request_limit_bytes>("request_limit_bytes",
                                        "The largest request; clients split theirs to fit.",
                                        {.min = 1000, .max = 100 * kMebibyte}),
    Bind<&Session::sync_interval>("sync_interval_seconds",
                                  "How often SYNC lets a client see that it lags.",
                                  {.min = 1, .max = 3600}),
    Bind<&Session::client_ip_hidden>("client_ip_hidden",
                                     "true: clients are not told the address they come from."),
};

constexpr Key<Delivery> kDelivery[] = {
    Bind<&Delivery::max_delay>(
        "max_delay_millis",
        "Updates wait this long for company, after the first; 0 = every turn writes.",
        {.max = 10'000}),
    Bind<&Delivery::adaptive_delay>(
        "adaptive_delay",
        "true: not while the server has time to spare; false: always, for the least CPU."),
    Bind<&Delivery::batch_sends>("batch_sends",
                                 "One system call sends to many clients, where there is io_uring."),
    Bind<&Delivery::send_backlog_bytes>(
        "send_backlog_bytes",
        "A client with more unsent bytes that goes on asking, and does not read, is cut off.",
        {.min = 4096, .max = 1024 * kMebibyte}),
    Bind<&Delivery::write_timeout>("write_timeout_millis",
                                   "A client that takes nothing for so long is cut off; 0 = never.",
                                   {.max = kHourMillis}),
    Bind<&Delivery::slow_client_timeout>(
        "slow_client_timeout_millis",
        "After so long of taking nothing its session ends, with code 32; 0 = conflate for ever.",
        {.max = kHourMillis}),
    Bind<&Delivery::buffer_max_events>(
        "buffer_max_events",
        "Events of an item that may wait for one client; beyond, the oldest are lost.",
        {.min = 1, .max = kMillion}),
    Bind<&Delivery::buffer_max_bytes>("buffer_max_bytes",
                                      "Of their values, whichever limit is reached first.",
                                      {.min = 1024, .max = 1024 * kMebibyte}),
    Bind<&Delivery::frequency_max>(
        "frequency_max",
        "Updates per second of an item to a client; 0 = no limit, else none may be unfiltered.",
        {.max = kMillion}),
    Bind<&Delivery::bandwidth_max_kbps>(
        "bandwidth_max_kbps",
        "Of a session, kbit/s on the wire; clients and adapters may ask for less. 0 = no limit.",
        {.max = kMillion}),
    Bind<&Delivery::item_linger>(
        "item_linger_millis",
        "Items of a session that ended stay subscribed so long; a page may come back.",
        {.max = kHourMillis}),
    Bind<&Delivery::delta_delivery>(
        "delta_delivery", "false: each update carries every field, and diffs are never sent."),
    Bind<&Delivery::default_diff_order>(
        "default_diff_order", "Value diffs of fields whose adapter says nothing; empty: none.",
        {.choices = "a list of jsonpatch, diff_match_patch"}),
    Bind<&Delivery::jsonpatch_min_length>(
        "jsonpatch_min_length",
        "JSON of fewer bytes is sent whole; 0 = always a patch, even if longer.",
        {.max = kMebibyte}),
    Bind<&Delivery::max_diff_bytes>("max_diff_bytes",
                                    "Longer values are sent whole: finding a diff costs time.",
                                    {.min = 64, .max = kMebibyte}),
};

constexpr Key<Messages> kMessages[] = {
    Bind<&Messages::missing_message_timeout>(
        "missing_message_timeout_millis",
        "A message that overtook others waits so long; clients may ask for less.",
        {.min = 1, .max = kHourMillis}),
};

constexpr Key<Limits> kLimits[] = {
    Bind<&Limits::max_sessions>("max_sessions", "New sessions beyond it are refused; 0 = no limit.",
                                {.max = 100'000'000}),
    Bind<&Limits::connections_per_listener>("connections_per_listener",
                                            "Connections beyond it are closed; 0 = no limit.",
                                            {.max = 100'000'000}),
    Bind<&Limits::connections_per_address>(
        "connections_per_address",
        "Of one client address; IPv6 is counted by /64. Beyond it they are closed; 0 = no limit.",
        {.max = 100'000'000}),
    Bind<&Limits::sessions_per_address>("sessions_per_address",
                                        "Of one client address; beyond it code 8. 0 = no limit.",
                                        {.max = 100'000'000}),
    Bind<&Limits::session_rate_per_address>(
        "session_rate_per_address",
        "New ones a second; who can wait gets in later, others get code 5. 0 = no limit.",
        {.max = kMillion}),
    Bind<&Limits::request_rate_per_address>(
        "request_rate_per_address", "Requests a second; beyond it status 429 or code 68. 0 = none.",
        {.max = kMillion}),
    Bind<&Limits::trusted_addresses>(
        "trusted_addresses",
        "Addresses and networks without these limits: load balancers that hide their clients.",
        {.check = kAddressRanges}),
    Bind<&Limits::sessions_per_user>(
        "sessions_per_user", "Of one user name in an adapter set; beyond it code 8. 0 = no limit.",
        {.max = 100'000'000}),
    Bind<&Limits::request_rate_per_user>("request_rate_per_user",
                                         "Requests a second of all sessions of a user name.",
                                         {.max = kMillion}),
    Bind<&Limits::request_rate_per_session>(
        "request_rate_per_session",
        "Beyond it code 68; ten times as many on one connection end it. 0 = no limit.",
        {.max = kMillion}),
    Bind<&Limits::message_rate_per_session>(
        "message_rate_per_session", "The same for messages; 0 = no limit.", {.max = kMillion}),
    Bind<&Limits::control_frame_rate>("control_frame_rate",
                                      "Pings and pongs a second; more end a WebSocket. 0 = any.",
                                      {.max = kMillion}),
    Bind<&Limits::creates_pending>(
        "creates_pending",
        "Creates at Metadata Adapters; beyond it code 5, for who can wait code 9 beyond twice.",
        {.max = kMillion}),
    Bind<&Limits::login_failures>(
        "login_failures",
        "So many refusals in a row, of an address or a user, delay the next logins; 0 = never.",
        {.max = 1000}),
    Bind<&Limits::login_delay_max>("login_delay_max_millis",
                                   "The delay doubles from a second up to this.",
                                   {.min = 1, .max = kHourMillis}),
    Bind<&Limits::head_size_bytes>("head_size_bytes",
                                   "Request line and headers; cookies make them long.",
                                   {.min = 1024, .max = kMebibyte}),
    Bind<&Limits::headers>("headers", "Headers of one request.", {.min = 10, .max = 1000}),
    Bind<&Limits::read_timeout>("read_timeout_millis",
                                "Ends slow requests and idle keep-alive connections; 0 = never.",
                                {.max = kHourMillis}),
    Bind<&Limits::body_rate_min>(
        "body_bytes_per_second_min",
        "A request that brings so much gets more time than read_timeout_millis; 0 = none does.",
        {.max = 100 * kMebibyte}),
    Bind<&Limits::subscriptions_per_session>("subscriptions_per_session",
                                             "Keeps one client from taking all memory.",
                                             {.min = 1, .max = 10'000'000}),
    Bind<&Limits::messages_per_session>(
        "messages_per_session", "Messages of one session without outcome; more are refused.",
        {.min = 1, .max = 1'000'000}),
    Bind<&Limits::message_bytes_per_session>("message_bytes_per_session",
                                             "The same in bytes; a single message always gets in.",
                                             {.min = 1024, .max = 1024 * kMebibyte}),
    Bind<&Limits::sequences_per_session>(
        "sequences_per_session", "Names that one session may give to its message sequences.",
        {.min = 1, .max = 1'000'000}),
    Bind<&Limits::items_per_subscription>("items_per_subscription",
                                          "Bounds what one request can cost.",
                                          {.min = 1, .max = 10'000'000}),
    Bind<&Limits::items_per_session>("items_per_session", "The same of all its subscriptions.",
                                     {.min = 1, .max = 100'000'000}),
    Bind<&Limits::fields_per_subscription>("fields_per_subscription",
                                           "Bounds the memory that each item of a schema costs.",
                                           {.min = 1, .max = 65'535}),
    Bind<&Limits::pending_control_requests>(
        "pending_control_requests",
        "Requests of one session that wait for an adapter; more are refused.",
        {.min = 1, .max = 1'000'000}),
    Bind<&Limits::adapter_line_bytes>("adapter_line_bytes",
                                      "One line of an adapter, so also one update.",
                                      {.min = 64 * 1024, .max = 1024 * kMebibyte}),
    Bind<&Limits::field_names>("field_names", "Different field names that a Data Adapter may use.",
                               {.min = 1, .max = 1'000'000}),
};

constexpr Key<Log> kLog[] = {
    Bind<&Log::level>("level", "For every area that [log.areas] does not name.",
                      {.choices = kLevels}),
    Bind<&Log::file>("file", "Empty: standard error, where a service manager collects it."),
};

template <log::Area area>
Key<Log> BindArea(std::string_view why) {
  using Coder = Codec<std::optional<log::Level>>;
  constexpr auto kIndex = static_cast<std::size_t>(area);
  return {log::AreaName(area),
          Type::kText,
          0,
          0,
          kLevels,
          nullptr,
          why,
          "\"debug\"",
          false,
          [](Log& into, const Value& value) { return Coder::Assign(into.areas[kIndex], value); },
          [](const Log& from) { return Coder::Read(from.areas[kIndex]); }};
}

constexpr Key<Http> kHttp[] = {
    Bind<&Http::compression>(
        "compression",
        "gzip: \"auto\" for pages and long answers, \"on\" for streams too, 24 KB each.",
        {.choices = "off, auto or on"}),
    Bind<&Http::compression_threshold_bytes>("compression_threshold_bytes",
                                             "Shorter pages and answers are sent as they are.",
                                             {.max = 1024 * kMebibyte}),
};

constexpr Key<WebSocket> kWebSocket[] = {
    Bind<&WebSocket::max_frame_bytes>("max_frame_bytes",
                                      "Longer messages go out in fragments; 0 = always one frame.",
                                      {.max = 1024 * kMebibyte}),
    Bind<&WebSocket::closing_wait>("closing_wait_millis",
                                   "How long a client gets to answer the end of its WebSocket.",
                                   {.min = 1, .max = kHourMillis}),
};

constexpr Key<Pages> kPages[] = {
    Bind<&Pages::dir>("dir", "Folder of static pages to serve; empty: none."),
    Bind<&Pages::cache>("cache_seconds",
                        "How long browsers keep a page; 0: they ask again each time.",
                        {.max = 31'536'000}),
};

}  // namespace

std::span<const Key<Settings>> TopKeys() { return kTop; }
std::span<const Key<Server>> ServerKeys() { return kServer; }
std::span<const Key<Listener>> ListenerKeys() { return kListener; }
std::span<const Key<Tls>> TlsKeys() { return kTls; }
std::span<const Key<Session>> SessionKeys() { return kSession; }
std::span<const Key<Delivery>> DeliveryKeys() { return kDelivery; }
std::span<const Key<Messages>> MessagesKeys() { return kMessages; }
std::span<const Key<Limits>> LimitsKeys() { return kLimits; }
std::span<const Key<Log>> LogKeys() { return kLog; }
std::span<const Key<Http>> HttpKeys() { return kHttp; }
std::span<const Key<WebSocket>> WebSocketKeys() { return kWebSocket; }
std::span<const Key<Pages>> PagesKeys() { return kPages; }
std::span<const Key<Log>> LogAreaKeys() {
  static_assert(log::kAreaCount == 6, "each area has a row here");
  static const Key<Log> kAreas[] = {
      BindArea<log::Area::kServer>("Start, stop, drain."),
      BindArea<log::Area::kConnection>("Connections of clients, bad requests."),
      BindArea<log::Area::kSession>("Sessions and subscriptions."),
      BindArea<log::Area::kKernel>("Items and their events."),
      BindArea<log::Area::kAdapter>("Remote adapters: connections, requests, failures."),
      BindArea<log::Area::kConfig>("What was read, and what of it is not done."),
  };
  return kAreas;
}

}  // namespace penstock::config
