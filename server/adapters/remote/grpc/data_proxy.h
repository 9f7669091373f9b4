// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/courier.h"
#include "adapters/proxy.h"
#include "adapters/remote/data_link.h"
#include "adapters/remote/grpc/channel.h"
#include "adapters/remote/grpc/value_texts.h"
#include "adapters/remote/grpc/wire.h"
#include "adapters/remote/remote_data.h"
#include "adapters/request_gate.h"
#include "config/settings.h"

namespace penstock::adapters {

// The proxy of a Data Adapter that speaks gRPC: asks for items, reads batches of events. The rules
// of items are RemoteData's, those of streams GrpcChannel's.
// Owned by the AdapterHub. Shard: the proxy's, after ClaimPorts() and Listen().
class GrpcDataProxy final : public Proxy, private DataLink, private GrpcChannelUser<DataWire> {
 public:
  // All must outlive the proxy.
  struct Place {
    const Courier& courier;
    runtime::Shard& shard;
    kernel::EventRouter& router;  // of `shard`
    ProxyObserver& observer;
    GrpcDoor& door;
  };

  GrpcDataProxy(Place place, kernel::DataSourceId id, const std::string& adapter_set,
                const std::string& server_instance_id, const config::Limits& limits,
                const config::DataAdapter& settings);

  kernel::DataSource& source() { return source_; }

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
  // DataLink
  bool ready() const override { return channel_.ready(); }
  std::string Subscribe(std::string_view item, std::string_view resume_token) override;
  void Unsubscribe(std::string_view item, std::string_view subscription) override;

  // GrpcChannelUser
  void OnReady() override;
  void OnLost() override;
  void OnStandbysChanged() override { UpdateStatus(); }
  bool OnMessage(GrpcRemote<DataWire>& remote, const pb::DataAdapterMessage& message) override;
  void OnGivenUp() override { observer_.OnProxyGivenUp(*this); }
  void OnFatal(const std::string& reason) override { observer_.OnProxyFatal(*this, reason); }

  void UpdateStatus() {
    SetStatus([this](ProxyStatus& status) { channel_.Describe(&status); });
  }

  void OnSubscribeEnd(std::string_view subscription, CallEnd end, const DataWire::Answer* answer);
  void OnSubscribeResult(std::string_view subscription, const pb::SubscribeResult& result);
  void OnUnsubscribeEnd(CallEnd end, const DataWire::Answer* answer);
  void OnEvents(GrpcRemote<DataWire>& remote, const pb::EventBatch& batch);
  bool OnEvent(const pb::Event& event);
  bool OnEventKind(std::string_view subscription, const pb::Event& event);
  bool OnUpdate(std::string_view subscription, const pb::Update& update);
  bool OnDiffOrder(std::string_view subscription, const pb::DiffOrder& order);
  void LearnField(const std::string& name);
  // Nothing: the number has no name. A name beyond `limits.field_names` has no id.
  const std::optional<kernel::FieldId>* FindField(std::uint32_t number) const;

  // Fixed after construction.
  ProxyObserver& observer_;
  kernel::FieldNames& field_names_;
  const std::uint32_t timeout_millis_;

  // State.
  RemoteData source_;
  GrpcChannel<DataWire> channel_;
  RequestGate gate_;  // of Subscribe and Unsubscribe
  std::uint64_t takeover_ =
      0;  // counts active remote adapters; answers of former ones are nobody's
  std::vector<std::optional<kernel::FieldId>> fields_by_number_;  // of the active one's stream
  std::vector<kernel::FieldValue> fields_;                        // scratch
  ValueTexts texts_;
  bool fields_exhausted_logged_ = false;
};

}  // namespace penstock::adapters
