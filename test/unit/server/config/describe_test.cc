// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/describe.h"

#include <gtest/gtest.h>

#include <string>

#include "config/loader.h"

namespace penstock::config {
namespace {

Settings WithSets() {
  Settings settings;
  settings.server.name = "quote \" backslash \\ bell \x07";
  settings.listeners[0].response_headers = {{"x-a", "b"}};
  Listener& second = settings.listeners.emplace_back();
  second.name = "second";
  second.address = "::1";
  second.port = 9000;
  second.allowed_origins = {"https://a.example"};
  settings.delivery.default_diff_order = {DiffAlgorithm::kDiffMatchPatch,
                                          DiffAlgorithm::kJsonPatch};
  settings.log.areas[0] = log::Level::kTrace;
  AdapterSet& set = settings.adapter_sets.emplace_back();
  MetadataAdapter& metadata = set.metadata_adapter.emplace();
  metadata.proxy.name = "label";
  metadata.notify_user_on_disconnection = NotifyUserOnDisconnection::kSendCode;
  metadata.notify_user_disconnection_code = -3;
  DataAdapter& plain = set.data_adapters.emplace_back();
  plain.proxy.name = "DEFAULT.DEFAULT";
  plain.proxy.robust = false;
  plain.notify_port = 6662;
  DataAdapter& robust = set.data_adapters.emplace_back();
  robust.name = "second";
  robust.proxy.name = "DEFAULT.second";
  robust.proxy.request_reply_port = 7000;
  robust.proxy.keepalive_hint = Milliseconds(5);
  robust.proxy.remote_params = {{"remote:feed", "nasdaq"}};
  AdapterSet& own_policy = settings.adapter_sets.emplace_back();
  own_policy.id = "OWN";
  DataAdapter& data = own_policy.data_adapters.emplace_back();
  data.proxy.name = "OWN.DEFAULT";
  data.proxy.request_reply_port = 7001;
  own_policy.policy = {.allow_remote = true,
                       .allowed_users = {{"alice"}},
                       .max_bandwidth_kbps = 12.5,
                       .max_frequency = 0.001,
                       .buffer_size = 3,
                       .prefilter_frequency = 20,
                       .distinct_snapshot_length = 0,
                       .item_families = {{"a\\d+", {ItemMode::kRaw, ItemMode::kCommand}, ""},
                                         {".*", {}, "DEFAULT"}}};
  return settings;
}

TEST(Describe, LoadsAsTheSameSettings) {
  Settings settings = WithSets();
  settings.server.name = "quote \" backslash \\";
  const auto again = LoadString(Describe(settings), "described");
  ASSERT_TRUE(again.ok()) << Message(again.status()) << Describe(settings);
  EXPECT_EQ(*again, settings);
}

TEST(Describe, EscapesWhatTomlCannotHold) {
  EXPECT_NE(Describe(WithSets()).find(R"(name = "quote \" backslash \\ bell \u0007")"),
            std::string::npos);
}

TEST(Describe, MasksSecrets) {
  Settings settings = WithSets();
  ProxySettings& proxy = settings.adapter_sets[0].data_adapters[1].proxy;
  proxy.auth = true;
  proxy.credentials = {{"remote1", "hunter2"}};
  proxy.remote_params = {{"remote:dbPassword", "hunter3"}, {"remote:feed", "nasdaq"}};
  settings.adapter_sets[0].metadata_adapter->proxy.credentials = {{"remote2", "hunter4"}};
  settings.adapter_sets[1].policy.credentials = {{"alice", "hunter5"}};
  proxy.tls.emplace().keystore_password = "hunter6";
  proxy.tls->truststore_password = "hunter7";
  const std::string text = Describe(settings);
  EXPECT_EQ(text.find("hunter"), std::string::npos);
  EXPECT_NE(text.find(R"({ user = "remote1", password = "***" })"), std::string::npos);
  EXPECT_NE(text.find(R"({ user = "alice", password = "***" })"), std::string::npos);
  EXPECT_NE(text.find(R"({ name = "remote:dbPassword", value = "***" })"), std::string::npos);
  EXPECT_NE(text.find("nasdaq"), std::string::npos);
}

TEST(Describe, NamesTheAdaptersFiles) {
  Settings settings;
  settings.adapters_files = {"/etc/penstock/adapters.xml"};
  EXPECT_EQ(Describe(settings).find("# adapter sets of \"/etc/penstock/adapters.xml\"\n"), 0u);
}

}  // namespace
}  // namespace penstock::config
