// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The keys of Adapter Sets: proxies, Metadata and Data Adapters, the built-in policy.

#include "config/key_binding.h"

namespace penstock::config {
namespace {

constexpr Key<AdapterSet> kAdapterSet[] = {
    Bind<&AdapterSet::id>("id", "The name by which clients ask for the set.", {.check = kLabel}),
    Bind<&AdapterSet::metadata_adapter_initialised_first>(
        "metadata_adapter_initialised_first",
        "true: Data Adapters are let in once the Metadata Adapter is ready."),
};

constexpr Key<ProxySettings> kProxy[] = {
    Bind<&ProxySettings::name>("label", "For logs; empty: made of the set and the adapter."),
    Bind<&ProxySettings::robust>("robust", "false: the loss of the adapter ends the server."),
    Bind<&ProxySettings::transport>("transport",
                                    "What the adapter speaks; over gRPC several may share a port.",
                                    {.choices = "ari or grpc"}),
    Bind<&ProxySettings::address>(
        "address", "Where the remote adapter connects; loopback unless you say otherwise.",
        {.check = kAddress}),
    Bind<&ProxySettings::request_reply_port>(
        "request_reply_port", "Where the remote adapter connects.", {.min = 1, .max = 65535}),
    Bind<&ProxySettings::timeout>("timeout_millis",
                                  "A request without an answer fails after this; 0 = never.",
                                  {.max = kHourMillis}),
    Bind<&ProxySettings::keepalive_timeout>("keepalive_timeout_millis",
                                            "An adapter silent for so long is lost; 0 = never.",
                                            {.max = kHourMillis}),
    Bind<&ProxySettings::keepalive_hint>(
        "keepalive_hint_millis",
        "How often the adapter is asked to speak; absent: from the timeout; 0: not asked.",
        {.max = kHourMillis, .example = "6000"}),
    Bind<&ProxySettings::auth>("auth",
                               "true: the adapter must name one of `credentials`, or of `tokens`."),
    Bind<&ProxySettings::credentials>(
        "credentials", "Who may connect, as { user = \"u\", password = \"p\" }; needs auth = true.",
        {.check = kCredentials}),
    Bind<&ProxySettings::tokens>(
        "tokens", "Bearer tokens that let an adapter in over gRPC; needs auth = true."),
    Bind<&ProxySettings::certificate_names>(
        "certificate_names",
        "Over gRPC: one of these must be in the adapter's certificate; empty: any valid one does."),
    Bind<&ProxySettings::remote_params>(
        "remote_params", "Told to the adapter at its start, as { name = \"n\", value = \"v\" }.",
        {.check = kRemoteParams}),
    Bind<&ProxySettings::first_connection_timeout>(
        "first_connection_timeout_millis",
        "How long the start waits for the adapter; -1 = for ever, 0 = not at all.",
        {.min = -1, .max = kDayMillis, .robust_only = true}),
    Bind<&ProxySettings::connection_recovery_timeout>(
        "connection_recovery_timeout_millis",
        "The pause after a failed attempt; -1: the first failure is the last.",
        {.min = -1, .max = kDayMillis, .robust_only = true}),
    Bind<&ProxySettings::max_standbys>(
        "max_standby",
        "More adapters that may connect and take over when one is lost; none with notify_port.",
        {.max = 100}),
    Bind<&ProxySettings::address_allow_list>(
        "address_allow_list",
        "Where the adapter may come from: addresses, networks, host names; empty: anywhere.",
        {.check = kPeers}),
    Bind<&ProxySettings::remote_host>(
        "remote_host",
        "Whom the server dials, \"host\" or \"host:port\", more with commas; empty: nobody.",
        {.check = kRemoteHosts}),
    Bind<&ProxySettings::connection_retry>(
        "connection_retry_millis", "From one attempt to dial to the next, and up to a tenth more.",
        {.min = 1, .max = kDayMillis}),
};

constexpr Key<AdapterTls> kAdapterTls[] = {
    Bind<&AdapterTls::certificate_file>("certificate_file",
                                        "PEM, with its chain; needed unless the server dials.",
                                        {.example = "\"penstock.pem\""}),
    Bind<&AdapterTls::key_file>("key_file", "PEM, without a passphrase.",
                                {.example = "\"penstock.key\""}),
    Bind<&AdapterTls::keystore_file>("keystore_file",
                                     "PKCS12 with both, in place of the two above."),
    Bind<&AdapterTls::keystore_password>("keystore_password", "Of keystore_file."),
    Bind<&AdapterTls::keystore_password_file>("keystore_password_file",
                                              "The same, in a file of its own."),
    Bind<&AdapterTls::ca_file>(
        "ca_file", "PEM: who signs for adapters; empty: whom the system trusts, if we dial."),
    Bind<&AdapterTls::truststore_file>("truststore_file", "PKCS12, in place of ca_file."),
    Bind<&AdapterTls::truststore_password>("truststore_password", "Of truststore_file."),
    Bind<&AdapterTls::truststore_password_file>("truststore_password_file",
                                                "The same, in a file of its own."),
    Bind<&AdapterTls::force_client_auth>("force_client_auth",
                                         "true: an adapter that connects must show a certificate."),
    Bind<&AdapterTls::skip_hostname_check>(
        "skip_hostname_check", "true: the certificate of whom we dial may be for any host; tests."),
    Bind<&AdapterTls::min_version>("min_version", "The oldest version that is spoken.",
                                   {.choices = "1.2 or 1.3"}),
    Bind<&AdapterTls::max_version>("max_version", "The newest version that is spoken.",
                                   {.choices = "1.2 or 1.3"}),
    Bind<&AdapterTls::ciphers>("ciphers", "Of TLS 1.2, as `openssl ciphers` writes them."),
    Bind<&AdapterTls::cipher_suites>("cipher_suites", "Of TLS 1.3, the best first."),
    Bind<&AdapterTls::allow_cipher_suites>(
        "allow_cipher_suites", "Of both by their standard names, in place of the two above."),
    Bind<&AdapterTls::remove_cipher_suites>(
        "remove_cipher_suites", "RE2: what is found in a standard name is left out of all these.",
        {.check = kPatterns}),
    Bind<&AdapterTls::prefer_server_ciphers>(
        "prefer_server_ciphers", "false: of an adapter that connects, the order of its ciphers."),
    Bind<&AdapterTls::reload_check>("reload_check_millis",
                                    "How often the files are looked at; 0: on SIGHUP only.",
                                    {.max = kHourMillis}),
};

constexpr Key<MetadataAdapter> kMetadataAdapter[] = {
    Bind<&MetadataAdapter::notify_user_on_disconnection>(
        "notify_user_on_disconnection", "What new sessions are told while the adapter is away.",
        {.choices = "fail, force_retry or send_code", .robust_only = true}),
    Bind<&MetadataAdapter::notify_user_disconnection_code>(
        "notify_user_disconnection_code", "The code for send_code, which needs it.",
        {.min = -2'147'483'647, .max = 0, .example = "-1", .robust_only = true}),
    Bind<&MetadataAdapter::notify_user_disconnection_message>(
        "notify_user_disconnection_message", "The text for send_code.",
        {.example = "\"Back soon\"", .robust_only = true}),
    Bind<&MetadataAdapter::close_notifications_recovery>(
        "close_notifications_recovery",
        "Which ends of sessions and subscriptions a new adapter is told of.",
        {.choices = "pessimistic, optimistic or unneeded", .robust_only = true}),
    Bind<&MetadataAdapter::close_notifications_max>(
        "close_notifications_max", "The most of them that are kept; beyond, the oldest is dropped.",
        {.min = 1, .max = 100 * kMillion, .robust_only = true}),
    Bind<&MetadataAdapter::user_data_timeout>(
        "user_data_timeout_millis", "How long an answer about a user and an item is remembered.",
        {.max = kDayMillis}),
    Bind<&MetadataAdapter::item_data_timeout>(
        "item_data_timeout_millis", "How long an answer about an item is remembered; 0 = no end.",
        {.max = kDayMillis}),
    Bind<&MetadataAdapter::cache_max_entries>(
        "cache_max_entries", "Answers of either kind that are remembered; 0 = none.",
        {.max = 100 * kMillion}),
    Bind<&MetadataAdapter::clear_on_session_close>(
        "clear_on_session_close", "Forgets what it said of a user whose last session ends."),
    Bind<&MetadataAdapter::clear_on_new_remote>("clear_on_new_remote",
                                                "Forgets everything when a new adapter comes.",
                                                {.robust_only = true}),
    Bind<&MetadataAdapter::sequentialize_table_notifications>(
        "sequentialize_table_notifications",
        "Tells it of a session's subscriptions one by one, never two at once."),
    Bind<&MetadataAdapter::authentication_max_pending>(
        "authentication_max_pending", "Users it is asked about at once; 0 = no limit.",
        {.max = kMillion}),
    Bind<&MetadataAdapter::authentication_max_queue>(
        "authentication_max_queue", "Users that wait for that; beyond, sessions are refused.",
        {.max = kMillion}),
    Bind<&MetadataAdapter::messages_max_pending>(
        "messages_max_pending", "Messages of clients that it has at once; 0 = no limit.",
        {.max = kMillion}),
    Bind<&MetadataAdapter::messages_max_queue>(
        "messages_max_queue", "Messages that wait for that; beyond, they fail.", {.max = kMillion}),
    Bind<&MetadataAdapter::requests_max_pending>(
        "requests_max_pending", "All other requests that it has at once; 0 = no limit.",
        {.max = kMillion}),
    Bind<&MetadataAdapter::requests_max_queue>(
        "requests_max_queue", "Requests that wait for that; beyond, they fail.", {.max = kMillion}),
    Bind<&MetadataAdapter::node_item_list_workaround>(
        "node_item_list_workaround",
        "Sends the Node.js kit no item lists, which it cannot read; harmless to others."),
};

constexpr Key<DataAdapter> kDataAdapter[] = {
    Bind<&DataAdapter::name>("name", "The name by which clients ask for the adapter.",
                             {.check = kLabel}),
    Bind<&DataAdapter::notify_port>(
        "notify_port", "For adapters of old kits, which connect twice; absent: they connect once.",
        {.min = 1, .max = 65535, .example = "6662"}),
    Bind<&DataAdapter::events_recovery>(
        "events_recovery", "How items go on when a lost adapter is back.",
        {.choices = "leave_hole, use_snapshot or enforce_snapshot", .robust_only = true}),
    Bind<&DataAdapter::status_item>(
        "status_item", "An item by which clients see whether the adapter is there; absent: none.",
        {.check = kLabel, .example = "\"feed_status\"", .robust_only = true}),
    Bind<&DataAdapter::requests_max_pending>(
        "requests_max_pending", "Items that it subscribes and unsubscribes at once; 0 = no limit.",
        {.max = kMillion}),
};

constexpr Key<Policy> kPolicy[] = {
    Bind<&Policy::allow_remote>("allow_remote",
                                "false: clients on this machine only, whoever they say they are."),
    Bind<&Policy::allowed_users>(
        "allowed_users",
        "Who may enter, without a password; absent: everybody. Not with `credentials`.",
        {.check = kUsers, .example = "[\"alice\", \"bob\"]"}),
    Bind<&Policy::credentials>(
        "credentials",
        "Who may enter, as { user = \"u\", password = \"p\" }. Not with `allowed_users`.",
        {.check = kCredentials}),
    Bind<&Policy::max_bandwidth_kbps>("max_bandwidth_kbps",
                                      "Of each session, in kilobits per second; 0 = no limit.",
                                      {.max = 1000 * kMillion}),
    Bind<&Policy::max_frequency>(
        "max_frequency",
        "Updates per second of an item to a client; 0 = no limit, else none may be unfiltered.",
        {.max = kMillion}),
    Bind<&Policy::buffer_size>("buffer_size",
                               "Updates of an item that may wait for a client; 0 = no limit.",
                               {.max = kMillion}),
    Bind<&Policy::prefilter_frequency>(
        "prefilter_frequency",
        "Updates per second of an item, for all clients; 0 = all, else none may be unfiltered.",
        {.max = kMillion}),
    Bind<&Policy::distinct_snapshot_length>("distinct_snapshot_length",
                                            "Updates in the snapshot of an item in mode DISTINCT.",
                                            {.max = kMillion}),
};

constexpr Key<ItemFamily> kItemFamily[] = {
    Bind<&ItemFamily::pattern>("pattern",
                               "RE2, for the whole name; the first family that matches decides.",
                               {.check = kPattern, .example = "\"quote_.*\""}),
    Bind<&ItemFamily::modes>("modes", "How these items may be subscribed; [] = not at all.",
                             {.choices = "a list of RAW, MERGE, DISTINCT and COMMAND",
                              .example = "[\"MERGE\", \"RAW\"]"}),
    Bind<&ItemFamily::data_adapter>("data_adapter",
                                    "The Data Adapter of these items; empty: whichever."),
};

}  // namespace

std::span<const Key<AdapterSet>> AdapterSetKeys() { return kAdapterSet; }
std::span<const Key<ProxySettings>> ProxyKeys() { return kProxy; }
std::span<const Key<AdapterTls>> AdapterTlsKeys() { return kAdapterTls; }
std::span<const Key<MetadataAdapter>> MetadataAdapterKeys() { return kMetadataAdapter; }
std::span<const Key<DataAdapter>> DataAdapterKeys() { return kDataAdapter; }
std::span<const Key<Policy>> PolicyKeys() { return kPolicy; }
std::span<const Key<ItemFamily>> ItemFamilyKeys() { return kItemFamily; }

}  // namespace penstock::config
