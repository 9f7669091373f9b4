// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "support/allocation_counter.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

// What a thread allocates for `count` updates of an item that so many servers have, once all
// buffers have grown.
uint64_t AllocationsOf(int count, int servers) {
  std::vector<std::unique_ptr<ScriptedProxy>> proxies;
  HostOptions options;
  for (int i = 0; i < servers; ++i) {
    proxies.push_back(std::make_unique<ScriptedProxy>());
    options.servers.push_back(proxies.back()->server());
  }
  const auto provider = std::make_shared<FakeData>();
  AdapterHost host(provider, options);
  EXPECT_TRUE(host.Start().ok());
  std::vector<std::unique_ptr<ProxyConnection>> connections;
  std::vector<std::thread> readers;
  for (const auto& proxy : proxies) {
    ProxyConnection& c =
        *connections.emplace_back(std::make_unique<ProxyConnection>(proxy->Accept()));
    OpenData(&c);
    c.Say("2a|SUB|S|snap");
    EXPECT_EQ(c.Hear(), "2a|SUB|V");
    readers.emplace_back([fd = c.fd()] {
      char bytes[65536];
      while (::recv(fd, bytes, sizeof(bytes), 0) > 0) {
      }
    });
  }
  Subscription& s = provider->handle("snap");
  const auto send = [&] {
    for (int i = 0; i < count; ++i) {
      s.Update({{"last", "12345.67"}, {"bid", "12345.66"}, {"ask", "a|b"}, {"none", std::nullopt}});
    }
  };
  send();
  const uint64_t before = test::AllocationsSoFar();
  send();
  const uint64_t allocations = test::AllocationsSoFar() - before;
  host.Stop();
  for (std::thread& reader : readers) reader.join();
  return allocations;
}

TEST(UpdateAllocation, AnUpdateAllocatesNothing) { EXPECT_EQ(AllocationsOf(10000, 1), 0u); }

TEST(UpdateAllocation, AnUpdateForSeveralServersAllocatesNothing) {
  EXPECT_EQ(AllocationsOf(10000, 2), 0u);
}

}  // namespace
}  // namespace penstock::adapter
