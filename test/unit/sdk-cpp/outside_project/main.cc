// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include <memory>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"

using namespace penstock::adapter;

class Clock : public DataProvider {
  Status Subscribe(Subscription) override { return {}; }
  Status Unsubscribe(std::string_view) override { return {}; }
};

// Starts a host for each kind of adapter, on a port where nobody is, and stops it.
int main() {
  AdapterHost data(std::make_shared<Clock>(), {.servers = {"tcp://127.0.0.1:1"}});
  AdapterHost metadata(std::make_shared<LiteralBasedProvider>(),
                       {.servers = {"tcp://127.0.0.1:1"}});
  if (!data.Start() || !metadata.Start()) return 1;
  data.Stop();
  metadata.Stop();
  return data.state() == HostState::kStopped ? 0 : 1;
}
