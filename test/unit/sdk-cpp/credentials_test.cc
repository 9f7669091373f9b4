// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

// A6: credentials go out first, and why the server does not take them comes to the listener.
TEST(Credentials, RefusedOnesAreToldAndTriedAgainLater) {
  ScriptedProxy proxy;
  FakeListener listener;
  HostOptions options = OptionsFor(proxy);
  options.listener = &listener;
  options.user = "feed";
  options.password = "wrong|one";
  options.min_backoff = options.max_backoff = std::chrono::hours(1);
  AdapterHost host(std::make_shared<FakeData>(), options);
  ASSERT_TRUE(host.Start().ok());
  ProxyConnection c = proxy.Accept();
  EXPECT_EQ(c.Hear(), std::string(kRac) + "|S|user|S|feed|S|password|S|wrong%7Cone");
  c.Say("0|CLOSE|S|reason|S|wrong+credentials");
  EXPECT_EQ(c.Hear(), "<closed>");
  EXPECT_TRUE(listener.states.SkipTo("connecting wrong credentials"));
  // The next attempt is an hour away.
  EXPECT_FALSE(proxy.HasCaller());
  host.Stop();
  // Nobody logs a password.
  for (std::string line = "-"; !listener.log.empty(); line = listener.log.Next()) {
    EXPECT_EQ(line.find("wrong|one"), std::string::npos) << line;
  }
}

// A6: the same, when the second attempt is let in.
TEST(Credentials, AreSentOnEachConnection) {
  ScriptedProxy proxy;
  ScriptedProxy notify;
  HostOptions options = OptionsFor(proxy);
  options.servers = {proxy.server() + "?notify=" + std::to_string(notify.port())};
  options.user = "feed";
  options.password = "secret";
  AdapterHost host(std::make_shared<FakeData>(), options);
  ASSERT_TRUE(host.Start().ok());
  for (int i = 0; i < 2; ++i) {
    ProxyConnection a = proxy.Accept();
    ProxyConnection b = notify.Accept();
    const std::string rac = std::string(kRac) + "|S|user|S|feed|S|password|S|secret";
    EXPECT_EQ(a.Hear(), rac);
    EXPECT_EQ(b.Hear(), rac);
  }
  host.Stop();
}

}  // namespace
}  // namespace penstock::adapter
