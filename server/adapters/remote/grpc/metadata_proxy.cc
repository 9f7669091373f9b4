// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/metadata_proxy.h"

#include <optional>
#include <type_traits>
#include <variant>

namespace penstock::adapters {

GrpcMetadataProxy::GrpcMetadataProxy(Place place, const config::AdapterSet& set,
                                     const std::string& server_instance_id,
                                     const config::Limits& limits)
    : Proxy(place.shard, set.metadata_adapter->proxy.name, set.id, /*is_metadata=*/true),
      observer_(place.observer),
      metadata_({place.courier, place.shard, place.control, counters_}, set),
      channel_({place.shard, place.door, counters_}, set.metadata_adapter->proxy, limits, set.id,
               /*data_adapter=*/"", server_instance_id, this),
      calls_(*this, counters_, channel_, *set.metadata_adapter) {
  metadata_.Connect(&calls_);
}

Status GrpcMetadataProxy::ClaimPorts() {
  PENSTOCK_RETURN_IF_ERROR(channel_.ClaimPort());
  UpdateStatus();
  return OkStatus();
}

Status GrpcMetadataProxy::Listen() {
  channel_.Listen();
  return OkStatus();
}

// --- The channel

void GrpcMetadataProxy::OnReady() {
  UpdateStatus();
  metadata_.OnReady();
  calls_.OnReady();
  observer_.OnProxyReady(*this);
}

void GrpcMetadataProxy::OnLost() {
  ++takeover_;
  UpdateStatus();
  metadata_.OnLost();
}

bool GrpcMetadataProxy::OnMessage(GrpcRemote<MetadataWire>& remote,
                                  const pb::MetadataAdapterMessage& message) {
  switch (message.kind_case()) {
    case pb::MetadataAdapterMessage::kAnswer:
      remote.Complete(message.answer().id(), message.answer());
      return true;
    case pb::MetadataAdapterMessage::kControl:
      return OnControl(remote, message.control());
    case pb::MetadataAdapterMessage::kInvalidateCache:
      if (channel_.is_active(remote)) metadata_.OnInvalidated();
      return true;
    default:
      return message.kind_case() == pb::MetadataAdapterMessage::KIND_NOT_SET;  // of a later edition
  }
}

// --- Calls of the remote adapter

template <class T>
Done<T> GrpcMetadataProxy::Answering(std::uint64_t id) {
  return [this, id, takeover = takeover_](Outcome<T> outcome) {
    if (takeover != takeover_ || !channel_.ready()) return;
    pb::MetadataServerMessage message;
    pb::ControlResult& result = *message.mutable_control_result();
    result.set_id(id);
    if (const auto* failure = std::get_if<Failure>(&outcome)) {
      result.mutable_error()->set_message(failure->message);
    } else if constexpr (std::is_same_v<T, bool>) {
      result.set_done(std::get<bool>(outcome));
    } else {
      result.set_done(true);
    }
    channel_.active().Send(message);
  };
}

bool GrpcMetadataProxy::OnControl(GrpcRemote<MetadataWire>& remote,
                                  const pb::ControlRequest& request) {
  if (!channel_.is_active(remote)) {
    counters_.standby_packets.Add();
    pb::MetadataServerMessage message;
    message.mutable_control_result()->set_id(request.id());
    message.mutable_control_result()->mutable_error()->set_message(
        "this remote adapter stands by: only the active one may ask for this");
    remote.Send(message);
    return true;
  }
  switch (request.kind_case()) {
    case pb::ControlRequest::kEndSession: {
      const pb::EndSession& end = request.end_session();
      std::optional<AdapterCause> cause;
      if (end.has_cause()) cause = AdapterCause{end.cause().code(), end.cause().message()};
      metadata_.EndSession(end.session(), cause, Answering<Void>(request.id()));
      return true;
    }
    case pb::ControlRequest::kEndSubscription:
      metadata_.EndSubscription(request.end_subscription().session(),
                                request.end_subscription().win_index(),
                                Answering<bool>(request.id()));
      return true;
    case pb::ControlRequest::KIND_NOT_SET:
      break;
  }
  pb::MetadataServerMessage message;  // of a later edition
  message.mutable_control_result()->set_id(request.id());
  message.mutable_control_result()->mutable_error()->set_message("not known to this server");
  remote.Send(message);
  return true;
}

}  // namespace penstock::adapters
