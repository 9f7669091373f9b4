// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/loader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/schema.h"

namespace penstock::config {
namespace {

// The error of a text, or "" if it loads.
std::string ErrorOf(std::string_view text) {
  const auto settings = LoadString(text, "p.toml");
  return settings.ok() ? "" : std::string(Message(settings.status()));
}

Settings Load(std::string_view text) {
  const auto settings = LoadString(text, "p.toml");
  EXPECT_TRUE(settings.ok()) << Message(settings.status());
  return settings.ok() ? *settings : Settings();
}

// A folder that is gone at the end of the test.
class Folder {
 public:
  Folder() {
    std::string pattern = ::testing::TempDir() + "penstock-config-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Loader, AnEmptyFileGivesTheDefaults) {
  const Settings settings = Load("");
  EXPECT_EQ(settings, Settings());
  ASSERT_EQ(settings.listeners.size(), 1u);
  EXPECT_EQ(settings.listeners[0].address, "127.0.0.1");
  EXPECT_EQ(settings.listeners[0].port, 8080);
  EXPECT_TRUE(settings.adapter_sets.empty());
}

TEST(Loader, ReadsEverySection) {
  const Settings settings = Load(R"(
[server]
name = "Gate"
shards = 2
drain_timeout_seconds = 7
[session]
keepalive_millis = 2000
content_length_bytes = 5000
client_ip_hidden = true
[delivery]
max_delay_millis = 0
delta_delivery = false
default_diff_order = ["diff_match_patch", "jsonpatch"]
jsonpatch_min_length = 0
max_diff_bytes = 1000
[messages]
missing_message_timeout_millis = 100
[limits]
max_sessions = 10
messages_per_session = 3
read_timeout_millis = 1
[log]
level = "warn"
areas.adapter = "debug"
[http]
compression = "on"
compression_threshold_bytes = 10
[websocket]
max_frame_bytes = 1000
closing_wait_millis = 50
[pages]
cache_seconds = 60
)");
  EXPECT_EQ(settings.server.name, "Gate");
  EXPECT_EQ(settings.server.shards, 2);
  EXPECT_EQ(settings.server.drain_timeout, Seconds(7));
  EXPECT_EQ(settings.session.keepalive, Milliseconds(2000));
  EXPECT_EQ(settings.session.content_length, 5000);
  EXPECT_TRUE(settings.session.client_ip_hidden);
  EXPECT_EQ(settings.delivery.max_delay, Milliseconds(0));
  EXPECT_FALSE(settings.delivery.delta_delivery);
  EXPECT_EQ(settings.delivery.default_diff_order,
            (std::vector{DiffAlgorithm::kDiffMatchPatch, DiffAlgorithm::kJsonPatch}));
  EXPECT_EQ(settings.delivery.jsonpatch_min_length, 0u);
  EXPECT_EQ(settings.delivery.max_diff_bytes, 1000u);
  EXPECT_EQ(settings.messages.missing_message_timeout, Milliseconds(100));
  EXPECT_EQ(settings.limits.messages_per_session, 3u);
  EXPECT_EQ(settings.limits.max_sessions, 10u);
  EXPECT_EQ(settings.limits.read_timeout, Milliseconds(1));
  EXPECT_EQ(settings.log.LevelOf(log::Area::kSession), log::Level::kWarn);
  EXPECT_EQ(settings.log.LevelOf(log::Area::kAdapter), log::Level::kDebug);
  EXPECT_EQ(settings.http.compression, Compression::kOn);
  EXPECT_EQ(settings.http.compression_threshold_bytes, 10u);
  EXPECT_EQ(settings.websocket.max_frame_bytes, 1000u);
  EXPECT_EQ(settings.websocket.closing_wait, Milliseconds(50));
  EXPECT_EQ(settings.pages.cache, Seconds(60));
}

TEST(Loader, RefusesDiffsThatAreUnknownOrNamedTwice) {
  EXPECT_EQ(ErrorOf("[delivery]\ndefault_diff_order = [\"jsonpatch\", \"x\"]\n"),
            "p.toml:2: delivery.default_diff_order: [\"jsonpatch\", \"x\"] is no choice; write a "
            "list of jsonpatch, diff_match_patch");
  EXPECT_NE(ErrorOf("[delivery]\ndefault_diff_order = [\"jsonpatch\", \"jsonpatch\"]\n"), "");
  EXPECT_EQ(
      ErrorOf("[delivery]\ndefault_diff_order = \"jsonpatch\"\n"),
      "p.toml:2: delivery.default_diff_order: is text; write a list of texts, such as [\"a\", "
      "\"b\"]");
}

TEST(Loader, ReadsListeners) {
  const Settings settings = Load(R"(
[[listener]]
name = "inside"
port = 9000
[[listener]]
name = "outside"
address = "0.0.0.0"
port = 9001
allowed_origins = ["https://app.example.com"]
response_headers = [{ name = "x-accel-buffering", value = "no" }]
)");
  ASSERT_EQ(settings.listeners.size(), 2u);
  EXPECT_EQ(settings.listeners[0].port, 9000);
  EXPECT_EQ(settings.listeners[1].allowed_origins,
            std::vector<std::string>{"https://app.example.com"});
  EXPECT_EQ(settings.listeners[1].response_headers[0].name, "x-accel-buffering");
}

constexpr char kSet[] = R"([[adapter_set]]
id = "DEMO"
metadata_adapter_initialised_first = false
[adapter_set.metadata_adapter]
request_reply_port = 7003
auth = true
credentials = [{ user = "u", password = "p" }]
notify_user_disconnection_code = -5
notify_user_disconnection_message = "later"
[[adapter_set.data_adapter]]
name = "QUOTES"
request_reply_port = 7001
notify_port = 7002
events_recovery = "enforce_snapshot"
status_item = "quotes_status"
keepalive_hint_millis = 500
remote_params = [{ name = "remote:feed", value = "nasdaq" }]
address_allow_list = ["10.0.0.7"]
[[adapter_set.data_adapter]]
label = "chat"
request_reply_port = 7004
max_standby = 0
robust = false
)";

TEST(Loader, ReadsAnAdapterSet) {
  const Settings settings = Load(kSet);
  ASSERT_EQ(settings.adapter_sets.size(), 1u);
  const AdapterSet& set = settings.adapter_sets[0];
  EXPECT_EQ(set.id, "DEMO");
  EXPECT_FALSE(set.metadata_adapter_initialised_first);
  ASSERT_TRUE(set.metadata_adapter);
  EXPECT_EQ(set.metadata_adapter->proxy.name, "DEMO");
  EXPECT_EQ(set.metadata_adapter->proxy.request_reply_port, 7003);
  EXPECT_EQ(set.metadata_adapter->proxy.credentials, (std::vector<Credential>{{"u", "p"}}));
  EXPECT_EQ(set.metadata_adapter->notify_user_on_disconnection,
            NotifyUserOnDisconnection::kSendCode);
  EXPECT_EQ(set.metadata_adapter->notify_user_disconnection_code, -5);
  ASSERT_EQ(set.data_adapters.size(), 2u);
  EXPECT_EQ(set.data_adapters[0].proxy.name, "DEMO.QUOTES");
  EXPECT_EQ(set.data_adapters[0].notify_port, 7002);
  EXPECT_EQ(set.data_adapters[0].events_recovery, EventsRecovery::kEnforceSnapshot);
  EXPECT_EQ(set.data_adapters[0].proxy.keepalive_hint, Milliseconds(500));
  EXPECT_EQ(set.data_adapters[0].proxy.remote_params[0].value, "nasdaq");
  EXPECT_EQ(set.data_adapters[1].name, "DEFAULT");
  EXPECT_EQ(set.data_adapters[1].proxy.name, "chat");
  EXPECT_EQ(set.data_adapters[0].status_item, "quotes_status");
  EXPECT_EQ(set.data_adapters[1].status_item, std::nullopt);
  EXPECT_EQ(set.data_adapters[0].proxy.max_standbys, 3);
  EXPECT_EQ(set.data_adapters[1].proxy.max_standbys, 0);
  EXPECT_FALSE(set.data_adapters[1].proxy.robust);
}

TEST(Loader, AnUnknownKeyIsAnErrorWithASuggestion) {
  EXPECT_EQ(ErrorOf("[session]\n\nkeepalive_milis = 5000\n"),
            "p.toml:3: session.keepalive_milis: is no key; did you mean keepalive_millis?");
}

TEST(Loader, AKeyInTheWrongTableIsToldItsTable) {
  EXPECT_EQ(ErrorOf("[session]\nmax_sessions = 5\n"),
            "p.toml:2: session.max_sessions: is no key; did you mean [limits] max_sessions?");
}

TEST(Loader, AnUnknownTableIsAnError) {
  EXPECT_EQ(ErrorOf("[limit]\nmax_sessions = 5\n"),
            "p.toml:1: limit: is no key; did you mean limits?");
}

TEST(Loader, WhatThisVersionDoesNotDoIsSaid) {
  EXPECT_EQ(ErrorOf("[session]\nforwarded_for_depth = 1\n"),
            "p.toml:2: session.forwarded_for_depth: is no key; write skip_local_forwards");
}

TEST(Loader, ReadsTheTlsOfAListener) {
  const Settings settings = Load(R"(
[[listener]]
name = "clear"
[[listener]]
name = "secure"
port = 8443
[listener.tls]
certificates = [
  { certificate_file = "a.pem", key_file = "keys/a.key" },
  { certificate_file = "/b.pem", key_file = "/b.key" },
]
min_version = "1.3"
client_certificates = "optional"
client_ca_file = "ca.pem"
session_tickets = false
handshake_timeout_millis = 500
)");
  EXPECT_FALSE(settings.listeners[0].tls);
  const Tls& tls = settings.listeners[1].tls.value();
  ASSERT_EQ(tls.certificates.size(), 2u);
  EXPECT_EQ(tls.certificates[0], (TlsCertificate{"a.pem", "keys/a.key"}));
  EXPECT_EQ(tls.certificates[1], (TlsCertificate{"/b.pem", "/b.key"}));
  EXPECT_EQ(tls.min_version, TlsVersion::k13);
  EXPECT_EQ(tls.client_certificates, ClientCertificates::kOptional);
  EXPECT_EQ(tls.client_ca_file, "ca.pem");
  EXPECT_FALSE(tls.session_tickets);
  EXPECT_EQ(tls.handshake_timeout, Milliseconds(500));
  EXPECT_EQ(ToString(tls.certificate_places[1]), "p.toml:10");
  EXPECT_EQ(ToString(tls.client_ca_place), "p.toml:14");
}

TEST(Loader, TlsNeedsCertificates) {
  EXPECT_EQ(ErrorOf("[[listener]]\n[listener.tls]\n"),
            "p.toml:2: listener.tls.certificates: is absent; write [{ certificate_file = "
            "\"server.pem\", key_file = \"server.key\" }]");
  EXPECT_EQ(ErrorOf("[[listener]]\n[listener.tls]\ncertificates = [{ key_file = \"k\" }]\n"),
            "p.toml:3: listener.tls.certificates: is a list of something else; write a list such "
            "as [{ certificate_file = \"f.pem\", key_file = \"f.key\" }]");
  EXPECT_EQ(ErrorOf("[[listener]]\ntls = true\n"),
            "p.toml:2: listener.tls: is true or false; write [listener.tls]");
}

TEST(Loader, ClientCertificatesAndWhoMaySignThemGoTogether) {
  const std::string tls =
      "[[listener]]\n[listener.tls]\n"
      "certificates = [{ certificate_file = \"c\", key_file = \"k\" }]\n";
  EXPECT_EQ(ErrorOf(tls + "client_certificates = \"required\"\n"),
            "p.toml:4: listener.tls.client_certificates: needs client_ca_file: who may have "
            "signed them; name a PEM file");
  EXPECT_EQ(ErrorOf(tls + "client_ca_file = \"ca.pem\"\n"),
            "p.toml:4: listener.tls.client_ca_file: means nothing with client_certificates = "
            "\"none\"; remove one of the two");
  EXPECT_EQ(ErrorOf(tls + "min_version = \"1.1\"\n"),
            "p.toml:4: listener.tls.min_version: \"1.1\" is no choice; write 1.2 or 1.3");
}

TEST(Loader, TypesAreNotConverted) {
  EXPECT_EQ(ErrorOf("[session]\ntimeout_millis = \"10\"\n"),
            "p.toml:2: session.timeout_millis: is text; write a whole number");
  EXPECT_EQ(ErrorOf("[session]\ntimeout_millis = 1.5\n"),
            "p.toml:2: session.timeout_millis: is a number with a fraction; write a whole number");
  EXPECT_EQ(ErrorOf("[session]\nclient_ip_hidden = 1\n"),
            "p.toml:2: session.client_ip_hidden: is a whole number; write true or false");
  EXPECT_EQ(ErrorOf("[server]\nname = true\n"),
            "p.toml:2: server.name: is true or false; write text in quotes");
}

TEST(Loader, RangesAreChecked) {
  EXPECT_EQ(ErrorOf("[[listener]]\nrole = \"create\"\n"),
            "p.toml:2: listener.role: \"create\" is no choice; write general, create_only, "
            "control_only or internal");
  EXPECT_EQ(ErrorOf("[[listener]]\nport = 0\n"),
            "p.toml:2: listener.port: 0 is too small; write 1 to 65535");
  EXPECT_EQ(ErrorOf("[[listener]]\nport = 65536\n"),
            "p.toml:2: listener.port: 65536 is too large; write 1 to 65535");
}

TEST(Loader, ChoicesAreListed) {
  EXPECT_EQ(ErrorOf("[log]\nlevel = \"loud\"\n"),
            "p.toml:2: log.level: \"loud\" is no choice; write trace, debug, info, warn, error or "
            "off");
}

TEST(Loader, ListsHoldWhatTheyShould) {
  EXPECT_EQ(
      ErrorOf("[[listener]]\nresponse_headers = [{ name = \"a\" }]\n"),
      "p.toml:2: listener.response_headers: is a list of something else; write a list such as "
      "[{ name = \"n\", value = \"v\" }]");
  EXPECT_EQ(ErrorOf("adapters_files = \"a.xml\"\n"),
            "p.toml:1: adapters_files: is text; write a list of texts, such as [\"a\", \"b\"]");
}

TEST(Loader, TablesAreWhereTheyShould) {
  EXPECT_EQ(ErrorOf("session = 5\n"), "p.toml:1: session: is a whole number; write [session]");
  EXPECT_EQ(ErrorOf("\n[listener]\nport = 1\n"),
            "p.toml:2: listener: is a table; write [[listener]] above each");
  EXPECT_EQ(ErrorOf("listener = [1]\n"),
            "p.toml:1: listener: is no list of tables; write [[listener]] above each");
}

TEST(Loader, BrokenTomlIsToldWithItsLine) {
  EXPECT_EQ(ErrorOf("[server]\nname = \n").rfind("p.toml:2: is no TOML: ", 0), 0u);
}

TEST(Loader, AKeyThatIsThereTwiceIsAnError) {
  EXPECT_EQ(ErrorOf("[server]\nshards = 1\nshards = 2\n").rfind("p.toml:3: is no TOML: ", 0), 0u);
}

TEST(Loader, AllErrorsOfAFileAreToldInOrder) {
  EXPECT_EQ(ErrorOf("[session]\ntimeout_millis = 0\n[server]\nshards = -1\ncolour = 1\n"),
            "p.toml:2: session.timeout_millis: 0 is too small; write 100 to 86400000\n"
            "p.toml:4: server.shards: -1 is too small; write 0 to 256\n"
            "p.toml:5: server.colour: is no key; the keys here are name, shards, node, "
            "control_link or drain_timeout_seconds");
}

TEST(Loader, TheDefaultKeepaliveLiesWithinItsBounds) {
  EXPECT_EQ(
      ErrorOf("[session]\nkeepalive_max_millis = 3000\n"),
      "p.toml:1: session.keepalive_millis: 5000 is not within keepalive_min_millis (1000) and "
      "keepalive_max_millis (3000); write min <= this <= max");
  EXPECT_EQ(
      ErrorOf("[session]\nkeepalive_min_millis = 6000\n\nkeepalive_millis = 5999\n"),
      "p.toml:4: session.keepalive_millis: 5999 is not within keepalive_min_millis (6000) and "
      "keepalive_max_millis (30000); write min <= this <= max");
}

TEST(Loader, TheContentLengthIsNoLessThanItsLeast) {
  EXPECT_EQ(ErrorOf("[session]\ncontent_length_bytes = 1500\ncontent_length_min_bytes = 2000\n"),
            "p.toml:2: session.content_length_bytes: 1500 is less than content_length_min_bytes "
            "(2000); write no less than that");
}

TEST(Loader, AListenerHasOneWayToLearnWhoTheClientIs) {
  EXPECT_EQ(ErrorOf("[[listener]]\nproxy_protocol = true\nskip_local_forwards = 1\n"),
            "p.toml:3: listener.skip_local_forwards: goes not together with proxy_protocol: both "
            "tell who the client is; keep one");
}

TEST(Loader, AnIPv4ListenerCannotBeForIPv6Only) {
  EXPECT_EQ(ErrorOf("[[listener]]\naddress = \"0.0.0.0\"\nipv6_only = true\n"),
            "p.toml:3: listener.ipv6_only: is on, but the address is IPv4; turn it off, or write "
            "\"::\"");
}

TEST(Loader, ListenerNamesDiffer) {
  EXPECT_EQ(
      ErrorOf("[[listener]]\nname = \"a\"\nport = 1\n[[listener]]\nname = \"a\"\nport = 2\n"),
      "p.toml:5: listener.name: there is a listener \"a\" already (p.toml:2); give each a name "
      "of its own");
}

TEST(Loader, PortsOfListenersAndAdaptersDiffer) {
  EXPECT_EQ(ErrorOf("[[listener]]\nname = \"a\"\nport = 6661\n[[adapter_set]]\n"
                    "[[adapter_set.data_adapter]]\nrequest_reply_port = 6661\n"),
            "p.toml:6: adapter_set.data_adapter.request_reply_port: 6661 is taken by listener a "
            "(p.toml:3); write a port of its own");
  EXPECT_EQ(ErrorOf("[[adapter_set]]\n[[adapter_set.data_adapter]]\nnotify_port = 8080\n"),
            "p.toml:3: adapter_set.data_adapter.notify_port: 8080 is taken by the default listener "
            "(p.toml); write a port of its own");
  EXPECT_EQ(
      ErrorOf("[[adapter_set]]\n[[adapter_set.data_adapter]]\nname = \"a\"\n"
              "[[adapter_set.data_adapter]]\nname = \"b\"\n"),
      "p.toml:4: adapter_set.data_adapter.request_reply_port: 6661 is taken by Data Adapter a "
      "of DEFAULT (p.toml:2); write a port of its own");
}

TEST(Loader, SetsAndTheirDataAdaptersHaveNamesOfTheirOwn) {
  EXPECT_EQ(
      ErrorOf("[[adapter_set]]\nid = \"A\"\n[[adapter_set.data_adapter]]\n"
              "[[adapter_set]]\nid = \"A\"\n[[adapter_set.data_adapter]]\n"
              "request_reply_port = 1\n"),
      "p.toml:5: there is an adapter set \"A\" already (p.toml:2); give each an id of its own");
  EXPECT_EQ(ErrorOf("[[adapter_set]]\n[[adapter_set.data_adapter]]\n"
                    "[[adapter_set.data_adapter]]\nrequest_reply_port = 1\n"),
            "p.toml:3: the set has a Data Adapter \"DEFAULT\" already (p.toml:2); give each a name "
            "of its own");
}

TEST(Loader, ASetHasADataAdapter) {
  EXPECT_EQ(ErrorOf("[[adapter_set]]\nid = \"A\"\n"),
            "p.toml:2: adapter set \"A\" has no Data Adapter; give it at least one");
}

std::string WithMetadata(const std::string& keys) {
  return "[[adapter_set]]\n[[adapter_set.data_adapter]]\n[adapter_set.metadata_adapter]\n" + keys;
}

TEST(Loader, CredentialsAndAuthGoTogether) {
  EXPECT_EQ(
      ErrorOf(WithMetadata("credentials = [{ user = \"u\", password = \"p\" }]\n")),
      "p.toml:4: adapter_set.metadata_adapter.auth: is off, but there are credentials; turn it "
      "on, or remove them");
  EXPECT_EQ(ErrorOf(WithMetadata("auth = true\n")),
            "p.toml:4: adapter_set.metadata_adapter.auth: is on, but there are no credentials; add "
            "some, or turn it off");
  EXPECT_NE(
      ErrorOf(WithMetadata("auth = true\ncredentials = [{ user = \"u\", password = \"\" }]\n")),
      "");
}

TEST(Loader, AMetadataAdapterHasNoNotifyPort) {
  EXPECT_EQ(ErrorOf(WithMetadata("notify_port = 7000\n")),
            "p.toml:4: adapter_set.metadata_adapter.notify_port: is no key of a Metadata Adapter, "
            "which connects once; remove it");
}

TEST(Loader, ACodeGoesWithSendCode) {
  EXPECT_EQ(
      ErrorOf(WithMetadata("notify_user_on_disconnection = \"send_code\"\n")),
      "p.toml:4: adapter_set.metadata_adapter.notify_user_on_disconnection: send_code needs a "
      "code; add notify_user_disconnection_code, 0 or less");
  EXPECT_EQ(ErrorOf(WithMetadata("\nnotify_user_on_disconnection = \"fail\"\n"
                                 "notify_user_disconnection_code = -1\n")),
            "p.toml:5: adapter_set.metadata_adapter.notify_user_on_disconnection: a code and its "
            "text go with send_code only; remove them");
}

TEST(Loader, RobustKeysMeanNothingToAPlainProxy) {
  EXPECT_EQ(ErrorOf(WithMetadata("robust = false\nconnection_recovery_timeout_millis = 1\n")),
            "p.toml:5: adapter_set.metadata_adapter.connection_recovery_timeout_millis: means "
            "nothing with robust = false; remove it, or robust = false");
}

TEST(Loader, RelativePathsStartAtTheFolderOfTheFile) {
  const Folder folder;
  std::filesystem::create_directory(folder.path() + "/pages");
  const std::string path = folder.Write(
      "penstock.toml", "[log]\nfile = \"log/server.log\"\n[pages]\ndir = \"./pages\"\n");
  const auto settings = LoadFile(path);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  EXPECT_EQ(settings->log.file, folder.path() + "/log/server.log");
  EXPECT_EQ(settings->pages.dir, folder.path() + "/pages");
}

TEST(Loader, PagesComeFromAFolderThatExists) {
  EXPECT_EQ(ErrorOf("[pages]\ndir = \"/nowhere/at/all\"\n"),
            "p.toml:2: pages.dir: \"/nowhere/at/all\" is no folder; name one that exists, or \"\" "
            "for none");
}

TEST(Loader, AFileThatCannotBeReadIsNamed) {
  const auto missing = LoadFile("/nowhere/penstock.toml");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(Message(missing.status()).find("/nowhere/penstock.toml: cannot be opened"), 0u);
  const auto folder = LoadFile("/tmp");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(Message(folder.status()), "/tmp: is a folder; name a file");
}

constexpr char kXml[] =
    "<adapters_conf id=\"X\">\n<data_provider>\n"
    "<adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>\n"
    "<param name=\"request_reply_port\">6661</param>\n</data_provider>\n</adapters_conf>\n";

TEST(Loader, ReadsTheAdaptersFilesItNames) {
  const Folder folder;
  folder.Write("sets/x/adapters.xml", kXml);
  const std::string path =
      folder.Write("penstock.toml", "adapters_files = [\"sets/x/adapters.xml\"]\n");
  const auto settings = LoadFile(path);
  ASSERT_TRUE(settings.ok()) << Message(settings.status());
  EXPECT_EQ(settings->adapters_files[0], folder.path() + "/sets/x/adapters.xml");
  ASSERT_EQ(settings->adapter_sets.size(), 1u);
  EXPECT_EQ(settings->adapter_sets[0].id, "X");
  EXPECT_FALSE(settings->notes.empty());
}

TEST(Loader, ChecksPortsAndIdsAcrossFiles) {
  const Folder folder;
  const std::string xml = folder.Write("adapters.xml", kXml);
  const std::string path = folder.Write("penstock.toml",
                                        "adapters_files = [\"adapters.xml\"]\n[[adapter_set]]\n"
                                        "id = \"X\"\n[[adapter_set.data_adapter]]\n");
  const auto settings = LoadFile(path);
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(Message(settings.status()),
            xml + ":1: there is an adapter set \"X\" already (" + path +
                ":3); give each an id of its own\n" + xml +
                ":4: request_reply_port: 6661 is taken by Data Adapter DEFAULT of X (" + path +
                ":4); write a port of its own");
}

TEST(Loader, AnAdaptersFileThatIsMissingIsAnErrorOfTheLine) {
  EXPECT_EQ(ErrorOf("\nadapters_files = [\"/nowhere/adapters.xml\"]\n")
                .rfind("p.toml:2: adapters_files: /nowhere/adapters.xml: cannot be opened", 0),
            0u);
}

TEST(Loader, AHostileFileIsAnErrorAndNoCrash) {
  for (const char* text :
       {"[.", "[=]", "[[[", "[", "a", "a.", "a=", "a=[", "a={", "[\"", "a=\"\\u", "a\u01e4 = 1"}) {
    EXPECT_EQ(ErrorOf(text).rfind("p.toml:1: is no TOML: ", 0), 0u) << text;
  }
  EXPECT_NE(ErrorOf(std::string(100'000, '[')), "");
  EXPECT_NE(ErrorOf("a = " + std::string(100'000, '[')), "");
  EXPECT_NE(ErrorOf(std::string("\xff\xfe\0\0", 4)), "");
  EXPECT_NE(ErrorOf("[session]\ntimeout_millis = 99999999999999999999\n"), "");
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "key" + std::to_string(i) + " = 1\n";
  EXPECT_NE(ErrorOf(many).find("and 9980 more"), std::string::npos);
}

}  // namespace
}  // namespace penstock::config
