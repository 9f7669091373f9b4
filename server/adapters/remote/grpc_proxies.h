// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "adapters/client_control.h"
#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "config/settings.h"
#include "kernel/data_source.h"
#include "kernel/event_router.h"
#include "runtime/shard.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// Makes the proxies of adapters that speak gRPC, and the doors that they share; keeps gRPC's
// headers away from who needs a proxy. In a server without gRPC there is nothing behind it.
// Owned by the AdapterHub, outlives the proxies. Main thread.
class GrpcProxies {
 public:
#ifdef PENSTOCK_WITH_GRPC
  static constexpr bool kBuiltIn = true;
#else
  static constexpr bool kBuiltIn = false;
#endif

  // `courier` and `limits` must outlive this.
  GrpcProxies(const Courier& courier, const config::Limits& limits, std::string server_instance_id);
  ~GrpcProxies();

  // Only where it is built in, these two.
  struct Metadata {
    std::unique_ptr<Proxy> proxy;
    session::MetadataPort* port;
  };
  Metadata MakeMetadata(runtime::Shard& shard, ProxyObserver& observer, ClientControl& control,
                        const config::AdapterSet& set);
  struct Data {
    std::unique_ptr<Proxy> proxy;
    kernel::DataSource* source;
  };
  Data MakeData(runtime::Shard& shard, kernel::EventRouter& router, ProxyObserver& observer,
                kernel::DataSourceId id, const std::string& adapter_set,
                const config::DataAdapter& settings);

 private:
  struct Parts;

  const std::unique_ptr<Parts> parts_;
};

}  // namespace penstock::adapters
