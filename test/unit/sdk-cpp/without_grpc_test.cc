// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <memory>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "unit/sdk-cpp/fakes.h"

namespace penstock::adapter {
namespace {

TEST(WithoutGrpc, AHostSaysWhyItDoesNotStart) {
  HostOptions options;
  options.servers = {"tcp://127.0.0.1:1", "grpc://127.0.0.1:1/DEMO/QUOTES"};
  AdapterHost host(std::make_shared<FakeData>(), options);
  const Status started = host.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message(),
            "endpoint \"grpc://127.0.0.1:1/DEMO/QUOTES\": this library was built without gRPC "
            "(PENSTOCK_WITH_GRPC is OFF)");
}

}  // namespace
}  // namespace penstock::adapter
