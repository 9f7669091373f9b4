// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/adapter_hub.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/grpc/door.h"
#include "adapters/remote/grpc/entrance.h"
#include "adapters/remote/grpc/remote.h"
#include "adapters/remote/remote_group.h"
#include "base/status.h"
#include "config/settings.h"

namespace penstock::adapters {

// Who uses a channel: the proxy. Shard: the proxy's.
template <class Wire>
class GrpcChannelUser : public RemoteGroupUser {
 public:
  // What one of them says; which one, that tells is_active(). False when it is out of place.
  virtual bool OnMessage(GrpcRemote<Wire>& remote, const typename Wire::FromAdapter& message) = 0;

 protected:
  ~GrpcChannelUser() = default;
};

// The way to the remote adapters of a proxy over gRPC: takes streams from its door, lets in those
// that may, and gives the active one. Owned by its proxy. Shard: the proxy's; ClaimPort() and
// Listen() may run before it does.
template <class Wire>
class GrpcChannel final : public GrpcDoorUser, private GrpcSink<Wire> {
 public:
  // All must outlive this.
  struct Place {
    runtime::Shard& shard;
    GrpcDoor& door;
    ProxyCounters& counters;
  };

  GrpcChannel(Place place, const config::ProxySettings& proxy, const config::Limits& limits,
              const std::string& adapter_set, const std::string& data_adapter,
              const std::string& server_instance_id, GrpcChannelUser<Wire>* user)
      : door_(place.door),
        user_(user),
        context_{place.shard, proxy, place.counters, adapter_set, data_adapter, server_instance_id},
        entrance_(place.shard, proxy, limits, place.counters),
        group_(place.shard, proxy, proxy.max_standbys, place.counters, user) {
    door_.Add(this);
  }

  void SetTls(std::shared_ptr<const tls::Context> context) { door_.SetTls(std::move(context)); }
  Status ClaimPort() { return door_.Open(); }
  void Listen() {
    if (group_.stopped()) return;
    group_.Open();
    entrance_.Start();
    door_.SetServing(*this, true);
  }
  void StopInput() {
    group_.Stop();
    entrance_.Stop();
    door_.SetServing(*this, false);
  }
  void Shutdown(std::string_view reason) {
    StopInput();
    group_.Shutdown(reason);
  }

  void Describe(ProxyStatus* status) const {
    status->port = door_.port();
    group_.Describe(status);
  }
  bool ready() const { return group_.ready(); }
  bool is_active(const GrpcRemote<Wire>& remote) const { return &remote == group_.active(); }
  bool IsBusy() const { return ready() && active().calls_under_way() != 0; }
  GrpcRemote<Wire>& active() const { return static_cast<GrpcRemote<Wire>&>(*group_.active()); }
  std::uint64_t NextId() { return ++context_.last_id; }
  void Lose(std::string_view reason) { group_.Lose(reason); }

  // GrpcDoorUser
  runtime::Shard& shard() const override { return context_.shard; }
  const std::string& adapter_set() const override { return context_.adapter_set; }
  const std::string& data_adapter() const override { return context_.data_adapter; }
  ProxyCounters& counters() const override { return context_.counters; }
  bool MayCome(const GrpcPeer& peer) const override { return entrance_.MayCome(peer); }
  bool MayDial() const override { return group_.Closed().empty() && group_.Surplus().empty(); }
  void OnStream(GrpcStreamPtr stream, GrpcHello hello) override {
    if (const auto refusal = Refusal(stream->peer())) {
      entrance_.Refuse(*stream, *refusal);
      return;
    }
    door_.OnAdmitted(stream->peer());
    GrpcSink<Wire>* const sink = this;
    auto remote = std::make_unique<GrpcRemote<Wire>>(context_, group_.owner(), sink,
                                                     std::move(stream), std::move(hello));
    GrpcRemote<Wire>& added = *remote;
    group_.Add(std::move(remote));
    added.Start();
  }

 private:
  std::optional<GrpcEntrance::Refusal> Refusal(const GrpcPeer& peer) {
    if (auto refusal = entrance_.Check(peer)) return refusal;
    using Answer = GrpcEntrance::Refusal;
    if (const std::string_view why = group_.Closed(); !why.empty()) {
      return Answer{GrpcStatus::kUnavailable, why};
    }
    if (const std::string_view why = group_.Surplus(); !why.empty()) {
      return Answer{GrpcStatus::kResourceExhausted, why};
    }
    return std::nullopt;
  }

  // GrpcSink
  bool OnRemoteMessage(GrpcRemote<Wire>& remote,
                       const typename Wire::FromAdapter& message) override {
    return user_->OnMessage(remote, message);
  }

  // Fixed after construction.
  GrpcDoor& door_;
  GrpcChannelUser<Wire>* const user_;

  // State.
  GrpcContext context_;
  GrpcEntrance entrance_;
  RemoteGroup group_;
};

}  // namespace penstock::adapters
