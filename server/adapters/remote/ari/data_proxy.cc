// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/data_proxy.h"

#include <utility>

#include "base/log.h"
#include "base/utf8.h"

namespace penstock::adapters {

AriDataProxy::AriDataProxy(Place place, kernel::DataSourceId id, const std::string& adapter_set,
                           const std::string& server_instance_id, const config::Limits& limits,
                           const config::DataAdapter& settings)
    : Proxy(place.shard, settings.proxy.name, adapter_set, /*is_metadata=*/false),
      observer_(place.observer),
      field_names_(place.router.field_names()),
      source_({place.courier, place.shard, place.router, counters_}, id, settings.proxy.name,
              settings.events_recovery, settings.status_item),
      channel_(place.shard,
               {.proxy = settings.proxy,
                .is_metadata = false,
                .notify_port = settings.notify_port,
                .adapter_set = adapter_set,
                .data_adapter = settings.name,
                .server_instance_id = server_instance_id,
                .limits = limits,
                .node_item_list_workaround = false},
               counters_, this),
      gate_(settings.requests_max_pending, 0) {
  source_.Connect(this);
}

Status AriDataProxy::ClaimPorts() {
  PENSTOCK_RETURN_IF_ERROR(channel_.ClaimPorts());
  UpdateStatus();
  return OkStatus();
}

// --- To the remote adapter

// ARI has no resume tokens, and gives none.
std::string AriDataProxy::Subscribe(std::string_view item, std::string_view) {
  std::string id = channel_.NextId();
  gate_.EnterAnyway(id, [this, id, item = std::string(item)] {
    ari::WriteItemRequest(id, ari::Method::kSub, item, channel_.dialect(), &channel_.out());
    channel_.Expect(id, [this](std::string_view sub_id, CallEnd end, const ari::PacketHead* reply) {
      OnSubscribeEnd(sub_id, end, reply);
    });
  });
  return id;
}

void AriDataProxy::Unsubscribe(std::string_view item, std::string_view subscription) {
  if (gate_.CallOff(subscription)) {
    counters_.items_called_off.Add();
    return;
  }
  gate_.EnterAnyway([this, item = std::string(item), subscription = std::string(subscription)] {
    const std::string id = channel_.NextId();
    ari::WriteItemRequest(id, ari::Method::kUsb, item, channel_.dialect(), &channel_.out());
    channel_.Expect(
        id, [this, subscription](std::string_view, CallEnd end, const ari::PacketHead* reply) {
          OnUnsubscribeEnd(subscription, end, reply);
        });
  });
}

std::optional<AriDataProxy::Refusal> AriDataProxy::ReadReply(ari::Method method,
                                                             const ari::PacketHead& packet) {
  ari::Reply<ari::Nothing> reply;
  const ari::Status status =
      packet.method == method ? ari::ParseVoidReply(method, packet.args, channel_.dialect(), &reply)
                              : ari::Status::Error("the reply is of another method");
  if (status.ok() && reply.ok()) return std::nullopt;
  counters_.requests_failed.Add();
  if (!status.ok()) return Refusal{std::string(status.message())};
  return Refusal{reply.exception->message.value_or("no reason given"),
                 reply.exception->kind == ari::ExceptionKind::kFailure};
}

void AriDataProxy::Lose(const Refusal& fatal) {
  channel_.Lose("the data adapter reports a failure: " + fatal.why);
}

void AriDataProxy::OnSubscribeEnd(std::string_view id, CallEnd end, const ari::PacketHead* reply) {
  if (end == CallEnd::kLost) return;
  gate_.Leave();
  if (end == CallEnd::kTimeout) {
    counters_.timeouts.Add();
    source_.OnSubscribeTimeout(id);
    return;
  }
  const std::optional<Refusal> refusal = ReadReply(ari::Method::kSub, *reply);
  if (!refusal) {
    source_.OnSubscribeDone(id);
  } else if (refusal->is_fatal) {
    source_.OnSubscribeFatal(id, refusal->why);
    Lose(*refusal);
  } else {
    source_.OnSubscribeFailed(id, refusal->why);
  }
}

void AriDataProxy::OnUnsubscribeEnd(std::string_view subscription, CallEnd end,
                                    const ari::PacketHead* reply) {
  if (end == CallEnd::kLost) return;
  gate_.Leave();
  if (end == CallEnd::kTimeout) counters_.timeouts.Add();
  if (end != CallEnd::kReply) return;
  // A SUB that the remote adapter was too late for may have no answer (ari.md §4.2).
  if (channel_.Forget(subscription)) gate_.Leave();
  if (const std::optional<Refusal> refusal = ReadReply(ari::Method::kUsb, *reply)) {
    PENSTOCK_LOG(kAdapter, kWarn, "the data adapter failed to unsubscribe an item",
                 {"proxy", name()}, {"error", refusal->why});
    if (refusal->is_fatal) Lose(*refusal);
  }
}

// --- From the remote adapter

void AriDataProxy::OnReady() {
  UpdateStatus();
  source_.OnReady();
  observer_.OnProxyReady(*this);
}

void AriDataProxy::OnLost() {
  gate_.Reset();
  UpdateStatus();
  source_.OnLost();
}

ari::Status AriDataProxy::OnPacket(const ari::PacketHead& packet) {
  if (!ari::IsNotification(packet.method)) return ari::Status::Error("not for a data adapter");
  const ari::Status status = parser_.Parse(packet.method, packet.args, channel_.dialect());
  if (!status.ok()) return status;
  const ari::Notification& notification = parser_.notification();
  switch (packet.method) {
    case ari::Method::kUd3:
      return OnUpdate(notification);
    case ari::Method::kEos:
      source_.OnEndOfSnapshot(notification.sub_id);
      return {};
    case ari::Method::kCls:
      source_.OnClearSnapshot(notification.sub_id);
      return {};
    default:  // DFD; FAL is the channel's
      OnDiffOrder(notification);
      return {};
  }
}

void AriDataProxy::OnDiffOrder(const ari::Notification& declaration) {
  counters_.diff_declarations.Add();
  fields_.clear();
  for (const ari::FieldDiffView& diff : declaration.diffs) {
    if (diff.undeclared) continue;
    if (const std::optional<kernel::FieldId> id = field_names_.Intern(diff.name)) {
      fields_.push_back({*id, diff.algorithms, false});
    }
  }
  source_.OnDiffOrder(declaration.sub_id, fields_);
}

ari::Status AriDataProxy::OnUpdate(const ari::Notification& update) {
  // One value that is not UTF-8 would make every browser that gets it drop its connection.
  for (const ari::FieldView& field : update.fields) {
    if (!IsValidUtf8(field.value)) return ari::Status::Error("a value is not UTF-8");
  }
  fields_.clear();
  for (const ari::FieldView& field : update.fields) {
    const std::optional<kernel::FieldId> id = field_names_.Intern(field.name);
    if (id) {
      fields_.push_back({*id, field.value, field.null});
    } else if (!std::exchange(fields_exhausted_logged_, true)) {
      PENSTOCK_LOG(kAdapter, kError,
                   "too many field names: those beyond limits.field_names are lost",
                   {"proxy", name()}, {"item", update.item}, {"field", field.name});
    }
  }
  source_.OnUpdate(update.sub_id, update.is_snapshot, fields_);
  return {};
}

}  // namespace penstock::adapters
