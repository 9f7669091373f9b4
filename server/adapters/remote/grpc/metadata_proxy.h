// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/grpc/channel.h"
#include "adapters/remote/grpc/metadata_calls.h"
#include "adapters/remote/grpc/wire.h"
#include "adapters/remote/remote_metadata.h"
#include "config/settings.h"

namespace penstock::adapters {

// The proxy of a Metadata Adapter that speaks gRPC: holds its parts together, and takes the calls
// of the remote adapter. What is asked and what is told to clients is RemoteMetadata's, how that is
// said GrpcMetadataCalls', the streams GrpcChannel's.
// Owned by the AdapterHub. Shard: the proxy's, after ClaimPorts() and Listen().
class GrpcMetadataProxy final : public Proxy, private GrpcChannelUser<MetadataWire> {
 public:
  // All must outlive the proxy.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    ProxyObserver& observer;
    ClientControl& control;
    GrpcDoor& door;
  };

  // `set` has a Metadata Adapter.
  GrpcMetadataProxy(Place place, const config::AdapterSet& set,
                    const std::string& server_instance_id, const config::Limits& limits);

  session::MetadataPort& port() { return metadata_; }

  // Proxy
  Status ClaimPorts() override;
  Status Listen() override;
  void SetTls(std::shared_ptr<const tls::Context> context) override {
    channel_.SetTls(std::move(context));
  }
  void StopInput() override { channel_.StopInput(); }
  void Shutdown(const std::string& reason) override { channel_.Shutdown(reason); }
  bool IsBusy() const override { return channel_.IsBusy(); }

 private:
  // GrpcChannelUser
  void OnReady() override;
  void OnLost() override;
  void OnLeaverLost() override { calls_.OnReady(); }
  void OnStandbysChanged() override { UpdateStatus(); }
  bool OnMessage(GrpcRemote<MetadataWire>& remote,
                 const pb::MetadataAdapterMessage& message) override;
  void OnGivenUp() override { observer_.OnProxyGivenUp(*this); }
  void OnFatal(const std::string& reason) override { observer_.OnProxyFatal(*this, reason); }

  void UpdateStatus() {
    SetStatus([this](ProxyStatus& status) { channel_.Describe(&status); });
  }

  bool OnControl(GrpcRemote<MetadataWire>& remote, const pb::ControlRequest& request);
  // Answers control request `id`, if who made it is still there.
  template <class T>
  Done<T> Answering(std::uint64_t id);

  // Fixed after construction.
  ProxyObserver& observer_;

  // State.
  RemoteMetadata metadata_;
  GrpcChannel<MetadataWire> channel_;
  GrpcMetadataCalls calls_;
  std::uint64_t takeover_ = 0;  // counts active remote adapters
};

}  // namespace penstock::adapters
