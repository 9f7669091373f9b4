// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/metadata_proxy.h"

#include <optional>
#include <utility>
#include <variant>

#include "ari/control_messages.h"
#include "ari/exception.h"

namespace penstock::adapters {

AriMetadataProxy::AriMetadataProxy(Place place, const config::AdapterSet& set,
                                   const std::string& server_instance_id,
                                   const config::Limits& limits)
    : Proxy(place.shard, set.metadata_adapter->proxy.name, set.id, /*is_metadata=*/true),
      observer_(place.observer),
      metadata_({place.courier, place.shard, place.control, counters_}, set),
      channel_(place.shard,
               {.proxy = set.metadata_adapter->proxy,
                .is_metadata = true,
                .notify_port = std::nullopt,
                .adapter_set = set.id,
                .data_adapter = "",
                .server_instance_id = server_instance_id,
                .limits = limits,
                .node_item_list_workaround = set.metadata_adapter->node_item_list_workaround},
               counters_, this),
      calls_(*this, counters_, channel_) {
  metadata_.Connect(&calls_);
}

Status AriMetadataProxy::ClaimPorts() {
  PENSTOCK_RETURN_IF_ERROR(channel_.ClaimPorts());
  UpdateStatus();
  return OkStatus();
}

// --- The channel

void AriMetadataProxy::OnReady() {
  UpdateStatus();
  metadata_.OnReady();
  calls_.OnReady();
  observer_.OnProxyReady(*this);
}

void AriMetadataProxy::OnLost() {
  ++connection_;
  UpdateStatus();
  metadata_.OnLost();
}

// --- Calls of the remote adapter

ari::Status AriMetadataProxy::OnPacket(const ari::PacketHead& packet) {
  const ari::Status status = OnReverseCall(packet);
  const bool is_call = packet.method == ari::Method::kFst || packet.method == ari::Method::kFus;
  if (!status.ok() && is_call) {  // or the remote adapter waits for ever
    ari::Exception refusal;
    refusal.message = status.message();
    ari::WriteException(packet.id, packet.method, refusal, channel_.dialect(), &channel_.out());
  }
  return status;
}

ari::Status AriMetadataProxy::OnReverseCall(const ari::PacketHead& packet) {
  if (!ari::HasReverseRequests(channel_.dialect().version)) {
    return ari::Status::Error("not before version 1.9.0");
  }
  switch (packet.method) {
    case ari::Method::kFst:
      return OnForceSessionTermination(packet);
    case ari::Method::kFus:
      return OnForceUnsubscription(packet);
    default:
      return ari::Status::Error("not for a metadata adapter");
  }
}

template <class T, class Write>
Done<T> AriMetadataProxy::Answering(const ari::PacketHead& packet, Write write) {
  return [this, connection = connection_, id = std::string(packet.id), method = packet.method,
          write](Outcome<T> outcome) {
    if (connection != connection_ || !channel_.ready()) return;
    const ari::Dialect& dialect = channel_.dialect();
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      ari::Exception refusal;
      refusal.message = failure->message;
      ari::WriteException(id, method, refusal, dialect, &channel_.out());
    } else {
      write(id, std::get<T>(outcome), dialect, &channel_.out());
    }
  };
}

ari::Status AriMetadataProxy::OnForceSessionTermination(const ari::PacketHead& packet) {
  ari::ForceSessionTermination request;
  const ari::Status status =
      ari::ParseForceSessionTermination(packet.args, channel_.dialect(), &request);
  if (!status.ok()) return status;
  std::optional<AdapterCause> cause;
  if (request.cause_code) {
    cause = AdapterCause{*request.cause_code, request.cause_message.value_or("")};
  }
  metadata_.EndSession(std::move(request.session), cause,
                       Answering<Void>(packet, [](const std::string& id, Void,
                                                  const ari::Dialect& dialect, std::string* out) {
                         ari::WriteVoidReply(id, ari::Method::kFst, dialect, out);
                       }));
  return {};
}

ari::Status AriMetadataProxy::OnForceUnsubscription(const ari::PacketHead& packet) {
  ari::ForceUnsubscription request;
  const ari::Status status =
      ari::ParseForceUnsubscription(packet.args, channel_.dialect(), &request);
  if (!status.ok()) return status;
  metadata_.EndSubscription(std::move(request.session), request.win_index,
                            Answering<bool>(packet, &ari::WriteForceUnsubscriptionReply));
  return {};
}

}  // namespace penstock::adapters
