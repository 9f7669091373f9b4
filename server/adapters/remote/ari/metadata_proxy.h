// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/ari/channel.h"
#include "adapters/remote/ari/metadata_calls.h"
#include "adapters/remote/remote_metadata.h"
#include "config/settings.h"

namespace penstock::adapters {

// The proxy of a Metadata Adapter that speaks ARI: holds its parts together, and takes the calls of
// the remote adapter. What is asked and what is told to clients is RemoteMetadata's, how that is
// said AriMetadataCalls', the connection AriChannel's.
// Owned by the AdapterHub. Shard: the proxy's, after ClaimPorts() and Listen().
class AriMetadataProxy final : public Proxy, private AriChannelUser {
 public:
  // All must outlive the proxy.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    ProxyObserver& observer;
    ClientControl& control;
  };

  // `set` has a Metadata Adapter.
  AriMetadataProxy(Place place, const config::AdapterSet& set,
                   const std::string& server_instance_id, const config::Limits& limits);

  session::MetadataPort& port() { return metadata_; }

  // Proxy
  Status ClaimPorts() override;
  Status Listen() override { return channel_.Listen(); }
  void SetTls(std::shared_ptr<const tls::Context> context) override {
    channel_.SetTls(std::move(context));
  }
  void StopInput() override { channel_.StopInput(); }
  void Shutdown(const std::string& reason) override { channel_.Shutdown(reason); }
  bool IsBusy() const override { return channel_.IsBusy(); }

 private:
  // AriChannelUser
  void OnReady() override;
  void OnLost() override;
  void OnStandbysChanged() override { UpdateStatus(); }
  ari::Status OnPacket(const ari::PacketHead& packet) override;
  ari::Status OnReverseCall(const ari::PacketHead& packet);
  void OnGivenUp() override { observer_.OnProxyGivenUp(*this); }
  void OnFatal(const std::string& reason) override { observer_.OnProxyFatal(*this, reason); }

  void UpdateStatus() {
    SetStatus([this](ProxyStatus& status) { channel_.Describe(&status); });
  }

  // The calls of the remote adapter. Their answers are for the connection they came from.
  ari::Status OnForceSessionTermination(const ari::PacketHead& packet);
  ari::Status OnForceUnsubscription(const ari::PacketHead& packet);
  template <class T, class Write>
  Done<T> Answering(const ari::PacketHead& packet, Write write);

  // Fixed after construction.
  ProxyObserver& observer_;

  // State.
  RemoteMetadata metadata_;
  AriChannel channel_;
  AriMetadataCalls calls_;
  std::uint64_t connection_ = 0;  // how many there were
};

}  // namespace penstock::adapters
