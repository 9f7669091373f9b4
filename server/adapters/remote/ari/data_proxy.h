// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/ari/channel.h"
#include "adapters/remote/data_link.h"
#include "adapters/remote/remote_data.h"
#include "adapters/request_gate.h"
#include "ari/data_messages.h"
#include "config/settings.h"

namespace penstock::adapters {

// The proxy of a Data Adapter that speaks ARI: writes SUB and USB, reads UD3 and its like. The
// rules of items are RemoteData's, those of the connection AriChannel's.
// Owned by the AdapterHub. Shard: the proxy's, after ClaimPorts() and Listen().
class AriDataProxy final : public Proxy, private DataLink, private AriChannelUser {
 public:
  // All must outlive the proxy.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    kernel::EventRouter& router;  // of `shard`
    ProxyObserver& observer;
  };

  AriDataProxy(Place place, kernel::DataSourceId id, const std::string& adapter_set,
               const std::string& server_instance_id, const config::Limits& limits,
               const config::DataAdapter& settings);

  kernel::DataSource& source() { return source_; }

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
  // DataLink
  bool ready() const override { return channel_.ready(); }
  std::string Subscribe(std::string_view item, std::string_view resume_token) override;
  void Unsubscribe(std::string_view item, std::string_view subscription) override;

  // AriChannelUser
  void OnReady() override;
  void OnLost() override;
  void OnStandbysChanged() override { UpdateStatus(); }
  ari::Status OnPacket(const ari::PacketHead& packet) override;
  void OnGivenUp() override { observer_.OnProxyGivenUp(*this); }
  void OnFatal(const std::string& reason) override { observer_.OnProxyFatal(*this, reason); }

  void UpdateStatus() {
    SetStatus([this](ProxyStatus& status) { channel_.Describe(&status); });
  }

  void OnSubscribeEnd(std::string_view id, CallEnd end, const ari::PacketHead* reply);
  // `subscription`: what is over with it.
  void OnUnsubscribeEnd(std::string_view subscription, CallEnd end, const ari::PacketHead* reply);
  // What a reply says that is not `V`.
  struct Refusal {
    std::string why;
    bool is_fatal = false;  // EF: the whole adapter has failed
  };
  std::optional<Refusal> ReadReply(ari::Method method, const ari::PacketHead& reply);
  void Lose(const Refusal& fatal);
  ari::Status OnUpdate(const ari::Notification& update);
  void OnDiffOrder(const ari::Notification& declaration);

  // Fixed after construction.
  ProxyObserver& observer_;
  kernel::FieldNames& field_names_;

  // State.
  RemoteData source_;
  AriChannel channel_;
  RequestGate gate_;  // of SUB and USB
  ari::NotificationParser parser_;
  std::vector<kernel::FieldValue> fields_;  // scratch
  bool fields_exhausted_logged_ = false;
};

}  // namespace penstock::adapters
