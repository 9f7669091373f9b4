// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "adapters/remote/grpc/client_stream.h"
#include "adapters/remote/grpc/dialer.h"
#include "adapters/remote/grpc/door.h"
#include "base/status.h"
#include "config/settings.h"
#include "transport/tls/context.h"

namespace penstock::adapters {

// The hosts that one proxy dials over gRPC. Owned by GrpcProxies. Shard: the proxy's; until
// SetServing() before it runs.
class GrpcDialingDoor final : public GrpcDoor {
 public:
  // All must outlive this.
  GrpcDialingDoor(const config::ProxySettings& proxy, std::size_t max_message_bytes,
                  GrpcCalls& calls)
      : proxy_(proxy), max_message_bytes_(max_message_bytes), calls_(calls) {}

  // GrpcDoor; for one user.
  void Add(GrpcDoorUser* user) override;
  void SetTls(std::shared_ptr<const tls::Context> context) override;
  Status Open() override;
  void OnAdmitted(const GrpcPeer& /*peer*/) override {}  // who is dialed is no stranger
  std::uint16_t port() const override { return 0; }
  void SetServing(const GrpcDoorUser& user, bool serving) override;

 private:
  void UseCredentials(const std::shared_ptr<grpc::ChannelCredentials>& credentials);

  // Fixed after construction.
  const config::ProxySettings& proxy_;
  const std::size_t max_message_bytes_;
  GrpcCalls& calls_;

  // State.
  bool has_credentials_ = false;
  std::vector<std::unique_ptr<GrpcDialer>> dialers_;
};

}  // namespace penstock::adapters
