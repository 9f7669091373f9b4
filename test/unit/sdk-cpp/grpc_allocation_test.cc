// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <cstdint>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "penstock/adapter/adapter_host.h"
#include "support/allocation_counter.h"
#include "unit/sdk-cpp/fakes.h"
#include "unit/sdk-cpp/grpc_server.h"

namespace penstock::adapter {
namespace {

// What a thread allocates for updates with these marks, once all buffers have grown.
uint64_t AllocationsOf(const UpdateMarks& marks) {
  ScriptedGrpcServer server;
  const auto provider = std::make_shared<FakeData>();
  AdapterHost host(provider, OptionsFor(server.endpoint("/DEMO/QUOTES")));
  EXPECT_TRUE(host.Start().ok());
  const auto call = server.AcceptData();
  OpenData(call.get());
  Subscribe(call.get(), 1, "snap");
  call->Hear();
  std::thread reader([&] {
    while (call->Hear().kind_case() != pb::DataAdapterMessage::KIND_NOT_SET) {
    }
  });
  Subscription& s = provider->handle("snap");
  const auto send = [&] {
    for (int i = 0; i < 10000; ++i) {
      s.Update({{"last", "12345.67"}, {"bid", "12345.66"}, {"ask", "a|b"}, {"none", std::nullopt}},
               marks);
    }
  };
  send();
  const uint64_t before = test::AllocationsSoFar();
  send();
  const uint64_t allocations = test::AllocationsSoFar() - before;
  call->Cancel();
  reader.join();
  call->End();
  host.Stop(std::chrono::milliseconds(0));
  return allocations;
}

TEST(UpdateAllocation, AnUpdateOverGrpcAllocatesNothing) {
  EXPECT_EQ(AllocationsOf({}), 0u);
  EXPECT_EQ(AllocationsOf({.resume_token = "somewhere in the flow, which takes many words"}), 0u);
}

}  // namespace
}  // namespace penstock::adapter
