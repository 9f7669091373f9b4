// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/adapters_xml.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace penstock::config {
namespace {

struct Outcome {
  AdapterSet set;
  std::vector<std::string> notes;
  std::string error;
  std::vector<PortUse> ports;
};

Outcome Parse(std::string_view text) {
  Outcome outcome;
  Problems problems;
  auto loaded = ParseAdaptersXml(text, "a.xml", &outcome.notes, &problems);
  const Status status = problems.ToStatus();
  outcome.error = std::string(Message(status));
  if (loaded) {
    outcome.set = loaded->set;
    outcome.ports = loaded->ports;
  }
  return outcome;
}

// A set with one Data Adapter; `params` start on line 5, and the port is there.
std::string WithData(const std::string& params,
                     const std::string& adapter_class = "ROBUST_PROXY_FOR_REMOTE_ADAPTER") {
  return "<adapters_conf id=\"S\">\n<data_provider>\n<adapter_class>" + adapter_class +
         "</adapter_class>\n<param name=\"request_reply_port\">6661</param>\n" + params +
         "</data_provider>\n</adapters_conf>\n";
}

// As WithData for a Metadata Adapter; `params` start on line 11.
std::string WithMetadata(const std::string& params,
                         const std::string& adapter_class = "ROBUST_PROXY_FOR_REMOTE_ADAPTER") {
  return "<adapters_conf id=\"S\">\n<data_provider>\n"
         "<adapter_class>PROXY_FOR_REMOTE_ADAPTER</adapter_class>\n"
         "<param name=\"request_reply_port\">6661</param>\n"
         "<param name=\"interface\">127.0.0.1</param>\n"
         "</data_provider>\n<metadata_provider>\n<adapter_class>" +
         adapter_class +
         "</adapter_class>\n<param name=\"request_reply_port\">6663</param>\n"
         "<param name=\"interface\">127.0.0.1</param>\n" +
         params + "</metadata_provider>\n</adapters_conf>\n";
}

std::string Param(const std::string& name, const std::string& value) {
  return "<param name=\"" + name + "\">" + value + "</param>\n";
}

constexpr char kWhole[] = R"(<?xml version="1.0"?>
<!-- a comment -->
<adapters_conf id="DEMO">
  <metadata_adapter_initialised_first>N</metadata_adapter_initialised_first>
  <metadata_provider>
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <classloader>log-enabled</classloader>
    <param name="request_reply_port">6663</param>
    <param name="interface">0.0.0.0</param>
    <param name="connection_recovery_timeout_millis">5000</param>
    <param name="first_connection_timeout_millis">7000</param>
    <param name="close_notifications_recovery">unneeded</param>
    <param name="keepalive_timeout_millis">8000</param>
    <param name="auth">Y</param>
    <param name="auth.credentials.1.user">remote1</param>
    <param name="auth.credentials.1.password">secret</param>
    <param name="auth.credentials.b.user">remote2</param>
    <param name="auth.credentials.b.password">other</param>
    <param name="notify_user_on_disconnection">force_retry</param>
  </metadata_provider>
  <data_provider name="QUOTE_ADAPTER">
    <adapter_class>PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">6661</param>
    <param name="notify_port">6662</param>
    <param name="interface">127.0.0.1</param>
    <param name="name">quotes</param>
    <param name="timeout">-1</param>
    <param name="keepalive_hint_millis">3000</param>
    <param name="remote_params_prefix">remote:</param>
    <param name="remote:feed">nasdaq</param>
    <param name="remote_address_whitelist">10.0.0.7, 10.0.0.8</param>
  </data_provider>
</adapters_conf>
)";

TEST(AdaptersXml, ReadsAWholeSet) {
  const Outcome outcome = Parse(kWhole);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.set.id, "DEMO");
  EXPECT_FALSE(outcome.set.metadata_adapter_initialised_first);
  ASSERT_TRUE(outcome.set.metadata_adapter);
  const ProxySettings& metadata = outcome.set.metadata_adapter->proxy;
  EXPECT_TRUE(metadata.robust);
  EXPECT_EQ(metadata.name, "DEMO");
  EXPECT_EQ(metadata.address, "0.0.0.0");
  EXPECT_EQ(metadata.request_reply_port, 6663);
  EXPECT_EQ(metadata.connection_recovery_timeout, Milliseconds(5000));
  EXPECT_EQ(metadata.first_connection_timeout, Milliseconds(7000));
  EXPECT_EQ(metadata.keepalive_timeout, Milliseconds(8000));
  EXPECT_TRUE(metadata.auth);
  EXPECT_EQ(metadata.credentials,
            (std::vector<Credential>{{"remote1", "secret"}, {"remote2", "other"}}));
  EXPECT_EQ(outcome.set.metadata_adapter->notify_user_on_disconnection,
            NotifyUserOnDisconnection::kForceRetry);
  ASSERT_EQ(outcome.set.data_adapters.size(), 1u);
  const DataAdapter& data = outcome.set.data_adapters[0];
  EXPECT_EQ(data.name, "QUOTE_ADAPTER");
  EXPECT_FALSE(data.proxy.robust);
  EXPECT_EQ(data.proxy.name, "quotes");
  EXPECT_EQ(data.notify_port, 6662);
  EXPECT_EQ(data.proxy.timeout, Milliseconds(0));
  EXPECT_EQ(data.proxy.keepalive_hint, Milliseconds(3000));
  EXPECT_EQ(data.proxy.remote_params, (std::vector<NameValue>{{"remote:feed", "nasdaq"}}));
  EXPECT_EQ(data.proxy.address_allow_list, (std::vector<std::string>{"10.0.0.7", "10.0.0.8"}));
  EXPECT_EQ(outcome.ports.size(), 3u);
  EXPECT_EQ(outcome.notes, std::vector<std::string>{
                               "a.xml:7: classloader: is not done by this server and left out"});
}

TEST(AdaptersXml, NamesMatchWhateverTheirCase) {
  const Outcome outcome = Parse(
      "<Adapters_Conf ID='S'><DATA_PROVIDER Name='D'>"
      "<Adapter_Class>robust_proxy_for_remote_adapter</Adapter_Class>"
      "<PARAM NAME='Request_Reply_Port'> 6661 </PARAM><param name='EVENTS_RECOVERY'>Leave_Hole"
      "</param></DATA_PROVIDER></Adapters_Conf>");
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.set.data_adapters.size(), 1u);
  EXPECT_EQ(outcome.set.data_adapters[0].name, "D");
  EXPECT_EQ(outcome.set.data_adapters[0].proxy.request_reply_port, 6661);
  EXPECT_EQ(outcome.set.data_adapters[0].events_recovery, EventsRecovery::kLeaveHole);
}

TEST(AdaptersXml, ReadsStandbysAndTheStatusItem) {
  const Outcome outcome =
      Parse(WithData(Param("max_standby", "1") + Param("status_item", "feed_status")));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.set.data_adapters.at(0).proxy.max_standbys, 1);
  EXPECT_EQ(outcome.set.data_adapters.at(0).status_item, "feed_status");
  EXPECT_EQ(Parse(WithData(Param("max_standby", "-1"))).error,
            "a.xml:5: max_standby: -1 is too small; write 0 to 100");
}

TEST(AdaptersXml, OldClassNamesAreProxiesToo) {
  const Outcome robust =
      Parse(WithData("", "com.lightstreamer.adapters.remote.data.RobustNetworkedDataProvider"));
  EXPECT_EQ(robust.error, "");
  EXPECT_TRUE(robust.set.data_adapters.at(0).proxy.robust);
  const Outcome plain =
      Parse(WithData("", "com.lightstreamer.adapters.remote.data.NetworkedDataProvider"));
  EXPECT_FALSE(plain.set.data_adapters.at(0).proxy.robust);
  const Outcome metadata = Parse(WithMetadata(
      "", "com.lightstreamer.adapters.remote.metadata.RobustNetworkedMetadataProvider"));
  EXPECT_EQ(metadata.error, "");
  EXPECT_TRUE(metadata.set.metadata_adapter->proxy.robust);
}

TEST(AdaptersXml, AnAdapterThatRunsInTheServerIsRefused) {
  EXPECT_EQ(
      Parse(WithData("", "demo.StockAdapter")).error,
      "a.xml:3: adapter_class: \"demo.StockAdapter\" would run inside the server, and adapters "
      "do not; make it a remote adapter and write ROBUST_PROXY_FOR_REMOTE_ADAPTER");
  EXPECT_EQ(Parse("<adapters_conf id='S'>\n<data_provider/></adapters_conf>").error,
            "a.xml:2: adapter_class: is absent; write ROBUST_PROXY_FOR_REMOTE_ADAPTER or "
            "PROXY_FOR_REMOTE_ADAPTER");
}

TEST(AdaptersXml, ARobustProxyWithoutItsParamsHasTheDefaults) {
  const Outcome outcome = Parse(WithMetadata(""));
  const MetadataAdapter defaults;
  EXPECT_EQ(outcome.set.metadata_adapter->proxy.first_connection_timeout,
            defaults.proxy.first_connection_timeout);
  EXPECT_EQ(outcome.set.metadata_adapter->proxy.connection_recovery_timeout,
            defaults.proxy.connection_recovery_timeout);
}

TEST(AdaptersXml, NegativeTimesMeanNeverOrForEver) {
  const Outcome outcome = Parse(WithData(Param("keepalive_timeout_millis", "-1") +
                                         Param("keepalive_hint_millis", "-1") +
                                         Param("first_connection_timeout_millis", "-7") +
                                         Param("connection_recovery_timeout_millis", "-7")));
  EXPECT_EQ(outcome.error, "");
  const ProxySettings& proxy = outcome.set.data_adapters.at(0).proxy;
  EXPECT_EQ(proxy.keepalive_timeout, Milliseconds(0));
  EXPECT_EQ(proxy.keepalive_hint, Milliseconds(0));
  EXPECT_EQ(proxy.first_connection_timeout, Milliseconds(-1));
  EXPECT_EQ(proxy.connection_recovery_timeout, Milliseconds(-1));
}

TEST(AdaptersXml, TlsThatIsOffIsNoMatter) {
  const Outcome outcome = Parse(WithData(Param("interface", "127.0.0.1") + Param("tls", "N") +
                                         Param("tls.keystore.type", "JKS")));
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.notes.size(), 1u);
  EXPECT_EQ(outcome.notes[0].find("a.xml:1: metadata_provider:"), 0u);
}

TEST(AdaptersXml, WhatIsNotDoneIsNotedOnceByName) {
  const Outcome outcome =
      Parse(WithMetadata(Param("events_window", "5") + Param("EVENTS_WINDOW", "6") +
                         "<install_dir>x</install_dir>\n<mpn_pool/>\n"));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.notes,
            (std::vector<std::string>{
                "a.xml:13: install_dir: is not done by this server and left out",
                "a.xml:14: mpn_pool: is not done by this server and left out",
                "a.xml:11: events_window: is not done by this server and left out"}));
}

TEST(AdaptersXml, WhatAMetadataAdapterIsToldAndAskedAgain) {
  const Outcome outcome = Parse(WithMetadata(
      Param("close_notifications_recovery", "Optimistic") + Param("user_data_timeout", "5") +
      Param("clear_on_session_close", "false") + Param("clear_on_new_remote", "Y") +
      "<sequentialize_table_notifications>Y</sequentialize_table_notifications>\n"));
  EXPECT_EQ(outcome.error, "");
  EXPECT_TRUE(outcome.notes.empty());
  const MetadataAdapter& adapter = *outcome.set.metadata_adapter;
  EXPECT_EQ(adapter.close_notifications_recovery, CloseNotificationsRecovery::kOptimistic);
  EXPECT_EQ(adapter.user_data_timeout, Milliseconds(5));
  EXPECT_FALSE(adapter.clear_on_session_close);
  EXPECT_TRUE(adapter.clear_on_new_remote);
  EXPECT_TRUE(adapter.sequentialize_table_notifications);
}

TEST(AdaptersXml, WithoutThemTheDefaultsAreThoseOfTheFile) {
  const MetadataAdapter adapter = *Parse(WithMetadata("")).set.metadata_adapter;
  EXPECT_EQ(adapter.close_notifications_recovery, CloseNotificationsRecovery::kPessimistic);
  EXPECT_EQ(adapter.user_data_timeout, Milliseconds(10'000));
  EXPECT_TRUE(adapter.clear_on_session_close);
  EXPECT_FALSE(adapter.clear_on_new_remote);
  EXPECT_FALSE(adapter.sequentialize_table_notifications);
  EXPECT_EQ(adapter.authentication_max_pending, 0u);
  EXPECT_EQ(adapter.messages_max_pending, 0u);
  EXPECT_EQ(adapter.requests_max_pending, 0u);
}

TEST(AdaptersXml, WhatOfTheseCannotBeRead) {
  EXPECT_EQ(Parse(WithMetadata(Param("close_notifications_recovery", "always"))).error,
            "a.xml:11: close_notifications_recovery: \"always\" is no choice; write pessimistic, "
            "optimistic or unneeded");
  EXPECT_EQ(Parse(WithMetadata(Param("clear_on_session_close", "1"))).error,
            "a.xml:11: clear_on_session_close: \"1\" is no choice; write Y or N");
}

TEST(AdaptersXml, APlainProxyRecoversNothing) {
  const Outcome outcome = Parse(WithMetadata(
      Param("close_notifications_recovery", "optimistic") + Param("clear_on_session_close", "N"),
      "PROXY_FOR_REMOTE_ADAPTER"));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.notes,
            std::vector<std::string>{"a.xml:11: close_notifications_recovery: means nothing for a "
                                     "proxy that is not robust"});
  EXPECT_FALSE(outcome.set.metadata_adapter->clear_on_session_close);
}

TEST(AdaptersXml, PoolsAreLimitsOfRequests) {
  const Outcome outcome = Parse(
      "<adapters_conf id=\"S\">\n"
      "<adapter_set_pool><max_size>30</max_size><max_free>3</max_free></adapter_set_pool>\n"
      "<metadata_provider><adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>\n"
      "<param name=\"request_reply_port\">6663</param>"
      "<param name=\"interface\">127.0.0.1</param>\n"
      "<authentication_pool><max_pending_remote_requests>7</max_pending_remote_requests>"
      "<max_queue>70</max_queue></authentication_pool>\n"
      "<messages_pool><max_pending_remote_requests>-1</max_pending_remote_requests>"
      "<max_queue>-1</max_queue></messages_pool>\n"
      "</metadata_provider>\n"
      "<data_provider><adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>\n"
      "<param name=\"request_reply_port\">6661</param>"
      "<param name=\"interface\">127.0.0.1</param>\n"
      "<data_adapter_pool><max_size>5</max_size></data_adapter_pool></data_provider>\n"
      "</adapters_conf>\n");
  EXPECT_EQ(outcome.error, "");
  const MetadataAdapter& adapter = *outcome.set.metadata_adapter;
  EXPECT_EQ(adapter.requests_max_pending, 30u);
  EXPECT_EQ(adapter.authentication_max_pending, 7u);
  EXPECT_EQ(adapter.authentication_max_queue, 70u);
  EXPECT_EQ(adapter.messages_max_pending, 0u);
  EXPECT_EQ(adapter.messages_max_queue, 1'000'000u);
  EXPECT_EQ(outcome.set.data_adapters[0].requests_max_pending, 5u);
  EXPECT_EQ(outcome.notes,
            std::vector<std::string>{"a.xml:2: adapter_set_pool max_free: sizes a pool of threads, "
                                     "which this server does not have; left out"});
}

TEST(AdaptersXml, AMisspeltParamIsNotedWithASuggestion) {
  const Outcome outcome = Parse(WithMetadata(Param("keepalive_timout_millis", "5")));
  EXPECT_EQ(outcome.notes, std::vector<std::string>{
                               "a.xml:11: keepalive_timout_millis: is not done by this server "
                               "and left out; did you mean keepalive_timeout_millis?"});
}

TEST(AdaptersXml, AnAbsentInterfaceIsLoopbackAndNoted) {
  const Outcome outcome = Parse(WithData(""));
  EXPECT_EQ(outcome.set.data_adapters.at(0).proxy.address, "127.0.0.1");
  EXPECT_EQ(outcome.notes.at(0).find("a.xml:2: interface: is absent;"), 0u);
}

TEST(AdaptersXml, RobustParamsOfAPlainProxyAreNoted) {
  const Outcome outcome =
      Parse(WithData(Param("interface", "127.0.0.1") + Param("events_recovery", "leave_hole"),
                     "PROXY_FOR_REMOTE_ADAPTER"));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.notes.at(0),
            "a.xml:6: events_recovery: means nothing for a proxy that is not robust");
}

TEST(AdaptersXml, BadValuesAreToldWithTheirLines) {
  EXPECT_EQ(Parse(WithData(Param("timeout", "soon") + Param("keepalive_timeout_millis", "1e9") +
                           Param("notify_port", "65536") + Param("interface", "localhost") +
                           Param("events_recovery", "x") + Param("remote_params_prefix", "r")))
                .error,
            "a.xml:5: timeout: \"soon\" is no whole number; write 1 to 86400000\n"
            "a.xml:6: keepalive_timeout_millis: \"1e9\" is no whole number; write 0 to 86400000\n"
            "a.xml:7: notify_port: 65536 is too large; write 1 to 65535\n"
            "a.xml:8: interface: \"localhost\" is no numeric address; write one such as "
            "\"127.0.0.1\", or \"0.0.0.0\" for every interface\n"
            "a.xml:9: events_recovery: \"x\" is no choice; write leave_hole, use_snapshot or "
            "enforce_snapshot\n"
            "a.xml:10: remote_params_prefix: \"r\" holds no colon; write one such as \"remote:\"");
}

TEST(AdaptersXml, ThePortIsMandatory) {
  EXPECT_EQ(Parse("<adapters_conf id='S'>\n<data_provider><adapter_class>"
                  "PROXY_FOR_REMOTE_ADAPTER</adapter_class></data_provider></adapters_conf>")
                .error,
            "a.xml:2: request_reply_port: is absent; write the port to listen on");
}

TEST(AdaptersXml, CredentialsAreWholeAndAskedFor) {
  EXPECT_EQ(Parse(WithData(Param("auth", "Y") + Param("auth.credentials.1.user", "u"))).error,
            "a.xml:6: auth.credentials.1: lacks its user or its password; write both");
  EXPECT_EQ(Parse(WithData(Param("auth", "Y"))).error,
            "a.xml:5: auth: is on, but there are no credentials; add some, or turn it off");
  const Outcome off = Parse(
      WithData(Param("auth.credentials.1.user", "u") + Param("auth.credentials.1.password", "p")));
  EXPECT_EQ(off.error, "");
  EXPECT_TRUE(off.set.data_adapters.at(0).proxy.credentials.empty());
}

TEST(AdaptersXml, DisconnectionCodesAreChecked) {
  EXPECT_EQ(Parse(WithMetadata(Param("notify_user_on_disconnection", "send_code"))).error,
            "a.xml:11: notify_user_on_disconnection: send_code needs a code; add "
            "notify_user_disconnection_code, 0 or less");
  EXPECT_EQ(Parse(WithMetadata(Param("notify_user_disconnection_code", "1"))).error,
            "a.xml:11: notify_user_disconnection_code: 1 is too large; write -2147483647 to 0");
  const Outcome outcome = Parse(WithMetadata(Param("notify_user_disconnection_code", "-1") +
                                             Param("notify_user_disconnection_msg", "later")));
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.set.metadata_adapter->notify_user_on_disconnection,
            NotifyUserOnDisconnection::kSendCode);
  EXPECT_EQ(outcome.set.metadata_adapter->notify_user_disconnection_message, "later");
}

TEST(AdaptersXml, ANotifyPortOfAMetadataAdapterIsRefused) {
  EXPECT_EQ(Parse(WithMetadata(Param("notify_port", "7000"))).error,
            "a.xml:11: notify_port: is for Data Adapters only; remove it");
}

TEST(AdaptersXml, AnEmptyAllowListIsNoOpenDoor) {
  EXPECT_EQ(Parse(WithData(Param("remote_address_whitelist", " , "))).error,
            "a.xml:5: remote_address_whitelist: names no address; write one, or remove it");
}

TEST(AdaptersXml, ASetHasAnIdAndADataAdapter) {
  EXPECT_EQ(Parse("<adapters_conf id='S'/>").error,
            "a.xml:1: adapter set \"S\" has no Data Adapter; give it at least one");
  EXPECT_NE(Parse("<adapters_conf/>").error.find("adapters_conf id: is empty; write a name"),
            std::string::npos);
}

TEST(AdaptersXml, BadFilesAreErrorsAndNoCrash) {
  EXPECT_EQ(Parse("<adapters_conf id='S'>\n\n<data_provider>\n").error.rfind("a.xml:", 0), 0u);
  EXPECT_EQ(Parse("<other/>").error,
            "a.xml:1: other: is no adapter set; write <adapters_conf id=...>");
  EXPECT_EQ(Parse("<a>\xff</a>").error, "a.xml: is not UTF-8; save it as UTF-8");
  EXPECT_NE(Parse("").error, "");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_NE(Parse(deep).error, "");
}

}  // namespace
}  // namespace penstock::config
