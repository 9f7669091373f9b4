// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/remote/grpc/client_stream.h"
#include "adapters/remote/grpc/data_proxy.h"
#include "adapters/remote/grpc/dialing_door.h"
#include "adapters/remote/grpc/listening_door.h"
#include "adapters/remote/grpc/metadata_proxy.h"
#include "adapters/remote/grpc_proxies.h"

namespace penstock::adapters {

struct GrpcProxies::Parts {
  GrpcDoor& DoorOf(runtime::Shard& shard, const config::ProxySettings& proxy) {
    if (!proxy.remote_host.empty()) {
      return *dialing.emplace_back(
          std::make_unique<GrpcDialingDoor>(proxy, limits.adapter_line_bytes, calls));
    }
    auto& door = listening[{proxy.address, proxy.request_reply_port}];
    if (door == nullptr) {
      door = std::make_unique<GrpcListeningDoor>(courier, shard, proxy, limits.adapter_line_bytes);
    }
    return *door;
  }

  const Courier& courier;
  const config::Limits& limits;
  const std::string server_instance_id;
  std::map<std::pair<std::string, std::uint16_t>, std::unique_ptr<GrpcListeningDoor>> listening =
      {};
  GrpcCalls calls = {};
  std::vector<std::unique_ptr<GrpcDialingDoor>> dialing = {};
};

GrpcProxies::GrpcProxies(const Courier& courier, const config::Limits& limits,
                         std::string server_instance_id)
    : parts_(new Parts{courier, limits, std::move(server_instance_id)}) {}

GrpcProxies::~GrpcProxies() = default;

GrpcProxies::Metadata GrpcProxies::MakeMetadata(runtime::Shard& shard, ProxyObserver& observer,
                                                ClientControl& control,
                                                const config::AdapterSet& set) {
  GrpcDoor& door = parts_->DoorOf(shard, set.metadata_adapter->proxy);
  auto proxy = std::make_unique<GrpcMetadataProxy>(
      GrpcMetadataProxy::Place{parts_->courier, shard, observer, control, door}, set,
      parts_->server_instance_id, parts_->limits);
  session::MetadataPort* const port = &proxy->port();
  return {std::move(proxy), port};
}

GrpcProxies::Data GrpcProxies::MakeData(runtime::Shard& shard, kernel::EventRouter& router,
                                        ProxyObserver& observer, kernel::DataSourceId id,
                                        const std::string& adapter_set,
                                        const config::DataAdapter& settings) {
  GrpcDoor& door = parts_->DoorOf(shard, settings.proxy);
  auto proxy = std::make_unique<GrpcDataProxy>(
      GrpcDataProxy::Place{parts_->courier, shard, router, observer, door}, id, adapter_set,
      parts_->server_instance_id, parts_->limits, settings);
  kernel::DataSource* const source = &proxy->source();
  return {std::move(proxy), source};
}

}  // namespace penstock::adapters
