// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "config/problems.h"
#include "config/tls_settings.h"

// What an operator may choose, as plain structs. A default-constructed Settings is what an empty
// file gives. loader.h makes them from a file and checks every value, so that nobody behind it
// checks again. The words of each key are in conf/penstock.toml.
//
// Owned by the application, shared as `const`. Shard: any; immutable after the load.
namespace penstock::config {

struct NameValue {
  std::string name;
  std::string value;
  bool operator==(const NameValue&) const = default;
};

struct Server {
  std::string name = "Penstock HTTP Server";  // what SERVNAME tells a client
  int shards = 0;                             // 0 = one for each core
  int node = 0;                               // of a cluster, from 1; 0 = there is none
  std::string control_link;                   // empty = the address that the client used
  Seconds drain_timeout{5};
  bool operator==(const Server&) const = default;
};

enum class ListenerRole : std::uint8_t { kGeneral, kCreateOnly, kControlOnly, kInternal };

std::string_view ToString(ListenerRole value);

struct Listener {
  std::string name = "main";  // unique; for logs and Metadata Adapters
  ListenerRole role = ListenerRole::kGeneral;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  bool ipv6_only = false;                            // with "::": no IPv4 there
  int backlog = 0;                                   // 0 = as the system has it
  std::vector<std::string> allowed_origins = {"*"};  // "*" or scheme://host[:port], lower case
  std::vector<NameValue> response_headers;
  std::vector<std::string> echoed_headers;  // of requests
  bool proxy_protocol = false;              // every connection begins with a header of it
  Milliseconds proxy_protocol_timeout{1000};
  std::size_t skip_local_forwards = 0;  // X-Forwarded-For: which entry is the client; 0 = none
  bool websocket = true;
  std::optional<Tls> tls = {};  // absent: in clear
  bool operator==(const Listener&) const = default;
};

struct Session {
  Milliseconds keepalive{5000};
  Milliseconds keepalive_min{1000};
  Milliseconds keepalive_max{30000};
  int keepalive_jitter_percent = 10;  // the most by which a PROBE comes early
  Milliseconds timeout{10000};        // how long a session without a connection waits for a bind
  Milliseconds recovery{13000};       // the same where the connection broke; 0 = no recovery
  std::size_t recovery_max_bytes = 64 * 1024;
  Seconds max_duration{0};  // 0 = no limit
  Milliseconds idle_max{30000};
  Milliseconds polling_max{15000};
  Milliseconds polling_min{0};
  Milliseconds streaming_max{0};            // of one HTTP response; 0 = no limit
  std::int64_t content_length = 4'000'000;  // bytes of one streaming response
  std::int64_t content_length_min = 1000;   // bytes; the least that a client may ask for
  std::size_t request_limit_bytes = 50'000;
  Seconds sync_interval{20};
  bool client_ip_hidden = false;
  bool operator==(const Session&) const = default;
};

enum class DiffAlgorithm : std::uint8_t { kJsonPatch, kDiffMatchPatch };

std::string_view ToString(DiffAlgorithm value);

struct Delivery {
  Milliseconds max_delay{20};  // coalescing window; 0 = end of turn
  bool adaptive_delay = true;  // the window shrinks to none while a shard has time to spare
  bool batch_sends = true;     // where the system has io_uring and allows it
  std::size_t send_backlog_bytes = 256 * 1024;
  Milliseconds write_timeout{120000};             // 0 = none
  Milliseconds slow_client_timeout{0};            // 0 = conflate for ever
  int buffer_max_events = 1000;                   // of one item that may wait for one client
  std::size_t buffer_max_bytes = 1024 * 1024;     // of their values
  double frequency_max = 0;                       // updates/s of each item; 0 = no limit
  double bandwidth_max_kbps = 0;                  // of each session; 0 = no limit
  Milliseconds item_linger{5000};                 // of the items of a session that has ended
  bool delta_delivery = true;                     // false: every field in every update
  std::vector<DiffAlgorithm> default_diff_order;  // each once at most; empty = no value diffs
  std::size_t jsonpatch_min_length = 50;          // bytes; 0 = always the patch, even if longer
  std::size_t max_diff_bytes = 64 * 1024;
  bool operator==(const Delivery&) const = default;
};

struct Messages {
  Milliseconds missing_message_timeout{30000};
  bool operator==(const Messages&) const = default;
};

struct Limits {
  std::size_t max_sessions = 0;              // 0 = no limit
  std::size_t connections_per_listener = 0;  // 0 = no limit
  // Of a client's address; 0 = no limit, rates are a second.
  std::uint32_t connections_per_address = 10'000;
  std::uint32_t sessions_per_address = 10'000;
  std::uint32_t session_rate_per_address = 200;
  std::uint32_t request_rate_per_address = 20'000;
  std::vector<std::string> trusted_addresses = {"127.0.0.0/8", "::1"};  // without those limits
  // Of a user with a name.
  std::uint32_t sessions_per_user = 0;
  std::uint32_t request_rate_per_user = 0;
  // Of a session.
  std::uint32_t request_rate_per_session = 5'000;
  std::uint32_t message_rate_per_session = 1'000;
  std::size_t items_per_session = 100'000;
  std::uint32_t control_frame_rate = 50;  // pings and pongs of a WebSocket
  std::size_t creates_pending = 1'000;    // at Metadata Adapters; 0 = no limit
  std::uint32_t login_failures = 5;       // in a row; 0 = no delays
  Milliseconds login_delay_max{30000};
  std::size_t head_size_bytes = 16 * 1024;
  std::size_t headers = 100;
  Milliseconds read_timeout{20000};     // slow requests and idle keep-alive; 0 = none
  std::uint32_t body_rate_min = 1'000;  // bytes a second; 0 = read_timeout for any size
  std::size_t subscriptions_per_session = 10'000;
  std::size_t messages_per_session = 1'000;             // without outcome so far
  std::size_t sequences_per_session = 1'000;            // of messages
  std::size_t message_bytes_per_session = 1024 * 1024;  // of messages without outcome
  std::size_t items_per_subscription = 10'000;
  std::size_t fields_per_subscription = 1'000;
  std::size_t adapter_line_bytes = 16 * 1024 * 1024;
  std::size_t field_names = 65'536;              // different ones that a Data Adapter may use
  std::size_t pending_control_requests = 1'000;  // of one session, unanswered
  bool operator==(const Limits&) const = default;
};

struct Log {
  log::Level level = log::Level::kInfo;
  // [log.areas]: what differs from `level`.
  std::array<std::optional<log::Level>, log::kAreaCount> areas;
  std::string file;  // absolute or as given; empty = standard error

  log::Level LevelOf(log::Area area) const {
    return areas[static_cast<std::size_t>(area)].value_or(level);
  }
  bool operator==(const Log&) const = default;
};

struct Pages {
  std::string dir;  // empty = no static pages
  Seconds cache{0};
  bool operator==(const Pages&) const = default;
};

enum class Compression : std::uint8_t { kOff, kAuto, kOn };

std::string_view ToString(Compression value);

struct Http {
  Compression compression = Compression::kAuto;
  std::size_t compression_threshold_bytes = 1024;
  bool operator==(const Http&) const = default;
};

struct WebSocket {
  std::size_t max_frame_bytes = 0;  // 0 = no limit
  Milliseconds closing_wait{2000};
  bool operator==(const WebSocket&) const = default;
};

struct Credential {
  std::string user;
  std::string password;
  bool operator==(const Credential&) const = default;
};

// What remote adapters speak.
enum class AdapterTransport : std::uint8_t { kAri, kGrpc };

std::string_view ToString(AdapterTransport value);

// What the Metadata and the Data proxies have in common.
struct ProxySettings {
  std::string name = {};  // label for logs; the loader sets "<set>" or "<set>.<data adapter>"
  bool robust = true;     // false: the loss of the remote adapter ends the server
  AdapterTransport transport = AdapterTransport::kAri;
  std::string address = "127.0.0.1";
  std::uint16_t request_reply_port = 0;
  Milliseconds timeout{10000};        // of a request; 0 = none
  Milliseconds keepalive_timeout{0};  // 0 = off
  std::optional<Milliseconds> keepalive_hint =
      {};  // absent: derived from keepalive_timeout; 0 = none
  bool auth = false;
  std::vector<Credential> credentials = {};  // any of them lets a remote adapter in
  std::vector<std::string> tokens = {};      // the same; gRPC only
  // Of client certificates; empty = any that is valid. gRPC only.
  std::vector<std::string> certificate_names = {};
  std::vector<NameValue> remote_params = {};
  Milliseconds first_connection_timeout{0};         // -1 = wait for ever, 0 = do not wait
  Milliseconds connection_recovery_timeout{10000};  // after a failed attempt; -1 = never again
  int max_standbys = 3;  // remote adapters beside the one that does the work
  // Addresses, networks and host names; empty = any.
  std::vector<std::string> address_allow_list = {};
  // Hosts to dial, as remote_hosts.h reads them; empty = the remote adapter connects.
  std::string remote_host = {};
  Milliseconds connection_retry{10000};  // between the beginnings of two attempts to dial
  std::optional<AdapterTls> tls = {};    // absent: in clear
  bool operator==(const ProxySettings&) const = default;
};

enum class EventsRecovery : std::uint8_t { kLeaveHole, kUseSnapshot, kEnforceSnapshot };
enum class NotifyUserOnDisconnection : std::uint8_t { kFail, kForceRetry, kSendCode };
enum class CloseNotificationsRecovery : std::uint8_t { kPessimistic, kOptimistic, kUnneeded };

std::string_view ToString(EventsRecovery value);
std::string_view ToString(NotifyUserOnDisconnection value);
std::string_view ToString(CloseNotificationsRecovery value);

struct MetadataAdapter {
  ProxySettings proxy = {.request_reply_port = 6663, .first_connection_timeout = Milliseconds(-1)};
  NotifyUserOnDisconnection notify_user_on_disconnection = NotifyUserOnDisconnection::kFail;
  int notify_user_disconnection_code = 0;  // 0 or less; with kSendCode only
  std::string notify_user_disconnection_message;
  CloseNotificationsRecovery close_notifications_recovery =
      CloseNotificationsRecovery::kPessimistic;  // robust only
  std::size_t close_notifications_max = 100'000;
  Milliseconds user_data_timeout{10'000};     // of what the adapter says of a user and an item
  Milliseconds item_data_timeout{3'600'000};  // of what it says of an item; 0 = no end
  std::size_t cache_max_entries = 65'536;     // of each of the two
  bool clear_on_session_close = true;
  bool clear_on_new_remote = false;
  bool sequentialize_table_notifications = false;
  std::size_t authentication_max_pending = 0;  // NUS and NUA; 0 = no limit
  std::size_t authentication_max_queue = 1'000;
  std::size_t messages_max_pending = 0;  // NUM; 0 = no limit
  std::size_t messages_max_queue = 1'000;
  // All others, but those of the Data Adapters that have a limit of their own; 0 = no limit.
  std::size_t requests_max_pending = 0;
  std::size_t requests_max_queue = 10'000;
  // Leaves item lists out of NNT and NTC for the one adapter kit that cannot read them.
  bool node_item_list_workaround = true;
  bool operator==(const MetadataAdapter&) const = default;
};

struct DataAdapter {
  std::string name = "DEFAULT";
  ProxySettings proxy = {.request_reply_port = 6661};
  std::optional<std::uint16_t> notify_port;  // present: two connections, as older kits need
  EventsRecovery events_recovery = EventsRecovery::kUseSnapshot;
  std::optional<std::string> status_item;  // served by the proxy: how the remote adapter fares
  // SUB and USB; and of the Metadata Adapter what it is asked for this adapter's subscriptions.
  std::size_t requests_max_pending = 0;  // 0 = no limit
  bool operator==(const DataAdapter&) const = default;
};

enum class ItemMode : std::uint8_t { kRaw, kMerge, kDistinct, kCommand };

std::string_view ToString(ItemMode value);

// Items whose whole name matches, and the modes in which they may be subscribed.
struct ItemFamily {
  std::string pattern;  // RE2
  std::vector<ItemMode> modes;
  std::string data_adapter;  // whose items these are; empty: whichever
  bool operator==(const ItemFamily&) const = default;
};

// What stands in for a Metadata Adapter. Limits are the same for all users and items; 0 = none.
struct Policy {
  bool allow_remote = false;  // false: clients on this machine only
  // Who may enter: these, or these with their passwords, or everybody. Never both lists.
  std::optional<std::vector<std::string>> allowed_users = {};
  std::vector<Credential> credentials = {};
  double max_bandwidth_kbps = 0;
  double max_frequency = 0;  // updates/s
  int buffer_size = 0;
  double prefilter_frequency = 0;  // updates/s
  int distinct_snapshot_length = 10;
  // The first that matches decides, and an item of none has no mode; empty: every mode for all.
  std::vector<ItemFamily> item_families = {};
  bool operator==(const Policy&) const = default;
};

struct AdapterSet {
  std::string id = "DEFAULT";
  bool metadata_adapter_initialised_first = true;
  std::optional<MetadataAdapter> metadata_adapter;  // absent: `policy` decides
  Policy policy;
  std::vector<DataAdapter> data_adapters;  // never empty
  bool operator==(const AdapterSet&) const = default;
};

struct Settings {
  Server server;
  std::vector<Listener> listeners = {Listener()};
  Session session;
  Delivery delivery;
  Messages messages;
  Limits limits;
  Log log;
  Http http;
  WebSocket websocket;
  Pages pages;
  // Of the file itself, then those of `adapters_files`. Empty: health and pages are served, and
  // every create_session is told that the adapter set is unknown.
  std::vector<AdapterSet> adapter_sets;
  std::vector<std::string> adapters_files;
  // What a file asks for and this server does not do, once by name; for the log, as warnings.
  std::vector<std::string> notes;
  bool operator==(const Settings&) const = default;
};

}  // namespace penstock::config
