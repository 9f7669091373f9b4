// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// A server without gRPC: the hub has refused such proxies before anything of this is asked.

#include "adapters/remote/grpc_proxies.h"
#include "base/check.h"

namespace penstock::adapters {

struct GrpcProxies::Parts {};

GrpcProxies::GrpcProxies(const Courier&, const config::Limits&, std::string) {}
GrpcProxies::~GrpcProxies() = default;

GrpcProxies::Metadata GrpcProxies::MakeMetadata(runtime::Shard&, ProxyObserver&, ClientControl&,
                                                const config::AdapterSet&) {
  PENSTOCK_CHECK(kBuiltIn);
  return {};
}

GrpcProxies::Data GrpcProxies::MakeData(runtime::Shard&, kernel::EventRouter&, ProxyObserver&,
                                        kernel::DataSourceId, const std::string&,
                                        const config::DataAdapter&) {
  PENSTOCK_CHECK(kBuiltIn);
  return {};
}

}  // namespace penstock::adapters
