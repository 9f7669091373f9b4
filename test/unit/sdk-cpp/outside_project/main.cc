// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include <memory>
#include <string>

#include "penstock/adapter/adapter_host.h"
#include "penstock/adapter/literal_based_provider.h"

using namespace penstock::adapter;

class Clock : public DataProvider {
  Status Subscribe(Subscription) override { return {}; }
  Status Unsubscribe(std::string_view) override { return {}; }
};

// Starts a host for each kind of adapter, at servers where nobody is, and stops it.
bool Run(const std::string& data_server, const std::string& metadata_server) {
  AdapterHost data(std::make_shared<Clock>(), {.servers = {data_server}});
  AdapterHost metadata(std::make_shared<LiteralBasedProvider>(), {.servers = {metadata_server}});
  if (!data.Start() || !metadata.Start()) return false;
  data.Stop();
  metadata.Stop();
  return data.state() == HostState::kStopped;
}

// With an argument: over gRPC, too.
int main(int argc, char**) {
  if (!Run("tcp://127.0.0.1:1", "tcp://127.0.0.1:1")) return 1;
  if (argc > 1 && !Run("grpc://127.0.0.1:1/DEMO/CLOCK", "grpc://127.0.0.1:1/DEMO")) return 1;
  return 0;
}
