// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/data_proxy.h"

#include <charconv>
#include <utility>

#include "base/log.h"
#include "base/parse_number.h"

namespace penstock::adapters {

namespace {

// Subscribe and Unsubscribe of one subscription may be under way at once.
constexpr std::uint64_t SubscribeCall(std::uint64_t subscription) { return subscription * 2; }
constexpr std::uint64_t UnsubscribeCall(std::uint64_t subscription) { return subscription * 2 + 1; }

// What the server keeps of an item.
constexpr std::size_t kMostTokenBytes = 1024;

std::string WhyOf(const pb::Error& error) {
  return error.message().empty() ? "no reason given" : error.message();
}

}  // namespace

GrpcDataProxy::GrpcDataProxy(Place place, kernel::DataSourceId id, const std::string& adapter_set,
                             const std::string& server_instance_id, const config::Limits& limits,
                             const config::DataAdapter& settings)
    : Proxy(place.shard, settings.proxy.name, adapter_set, /*is_metadata=*/false),
      observer_(place.observer),
      field_names_(place.router.field_names()),
      timeout_millis_(static_cast<std::uint32_t>(settings.proxy.timeout.count())),
      source_({place.courier, place.shard, place.router, counters_}, id, settings.proxy.name,
              settings.events_recovery, settings.status_item),
      channel_({place.shard, place.door, counters_}, settings.proxy, limits, adapter_set,
               settings.name, server_instance_id, this),
      gate_(settings.requests_max_pending, 0) {
  source_.Connect(this);
}

Status GrpcDataProxy::ClaimPorts() {
  PENSTOCK_RETURN_IF_ERROR(channel_.ClaimPort());
  UpdateStatus();
  return OkStatus();
}

Status GrpcDataProxy::Listen() {
  channel_.Listen();
  return OkStatus();
}

// --- To the remote adapter

std::string GrpcDataProxy::Subscribe(std::string_view item, std::string_view resume_token) {
  const std::uint64_t id = channel_.NextId();
  std::string name = std::to_string(id);
  gate_.EnterAnyway(
      name, [this, id, name, item = std::string(item), token = std::string(resume_token)] {
        pb::DataServerMessage message;
        pb::Subscribe& subscribe = *message.mutable_subscribe();
        subscribe.set_item(item);
        subscribe.set_subscription(id);
        subscribe.set_timeout_millis(timeout_millis_);
        subscribe.set_resume_token(token);
        channel_.active().Send(message);
        channel_.active().Expect(
            SubscribeCall(id), [this, name, takeover = takeover_](std::uint64_t, CallEnd end,
                                                                  const DataWire::Answer* answer) {
              if (takeover == takeover_) OnSubscribeEnd(name, end, answer);
            });
      });
  return name;
}

void GrpcDataProxy::Unsubscribe(std::string_view item, std::string_view subscription) {
  if (gate_.CallOff(subscription)) {
    counters_.items_called_off.Add();
    return;
  }
  const std::uint64_t id = ParseNumber<std::uint64_t>(subscription).value_or(0);
  gate_.EnterAnyway([this, id, item = std::string(item)] {
    pb::DataServerMessage message;
    pb::Unsubscribe& unsubscribe = *message.mutable_unsubscribe();
    unsubscribe.set_item(item);
    unsubscribe.set_subscription(id);
    unsubscribe.set_timeout_millis(timeout_millis_);
    channel_.active().Send(message);
    channel_.active().Expect(
        UnsubscribeCall(id),
        [this, takeover = takeover_](std::uint64_t, CallEnd end, const DataWire::Answer* answer) {
          if (takeover == takeover_) OnUnsubscribeEnd(end, answer);
        });
  });
}

void GrpcDataProxy::OnSubscribeEnd(std::string_view subscription, CallEnd end,
                                   const DataWire::Answer* answer) {
  if (end == CallEnd::kLost) return;
  gate_.Leave();
  if (end == CallEnd::kTimeout) {
    counters_.timeouts.Add();
    source_.OnSubscribeTimeout(subscription);
    return;
  }
  OnSubscribeResult(subscription, *answer->subscribed);
}

void GrpcDataProxy::OnSubscribeResult(std::string_view subscription,
                                      const pb::SubscribeResult& result) {
  if (!result.has_error()) {
    source_.OnSubscribeDone(subscription);
    if (result.snapshot() == pb::SubscribeResult::SNAPSHOT_NONE) {
      source_.OnEndOfSnapshot(subscription);
    } else if (result.snapshot() == pb::SubscribeResult::SNAPSHOT_RESUMED &&
               !source_.OnResumed(subscription)) {
      channel_.active().CountMalformed("SNAPSHOT_RESUMED without a token, or behind an event");
    }
    return;
  }
  counters_.requests_failed.Add();
  const std::string why = WhyOf(result.error());
  if (result.error().kind() == pb::Error::KIND_FATAL) {
    source_.OnSubscribeFatal(subscription, why);
    channel_.Lose("the data adapter reports a failure: " + why);
  } else {
    source_.OnSubscribeFailed(subscription, why);
  }
}

void GrpcDataProxy::OnUnsubscribeEnd(CallEnd end, const DataWire::Answer* answer) {
  if (end == CallEnd::kLost) return;
  gate_.Leave();
  if (end == CallEnd::kTimeout) counters_.timeouts.Add();
  if (end != CallEnd::kReply || !answer->unsubscribed->has_error()) return;
  counters_.requests_failed.Add();
  const pb::Error& error = answer->unsubscribed->error();
  PENSTOCK_LOG(kAdapter, kWarn, "the data adapter failed to unsubscribe an item", {"proxy", name()},
               {"error", WhyOf(error)});
  if (error.kind() == pb::Error::KIND_FATAL) {
    channel_.Lose("the data adapter reports a failure: " + WhyOf(error));
  }
}

// --- From the remote adapter

void GrpcDataProxy::OnReady() {
  fields_by_number_.clear();
  UpdateStatus();
  source_.OnReady();
  observer_.OnProxyReady(*this);
}

void GrpcDataProxy::OnLost() {
  ++takeover_;
  gate_.Reset();
  UpdateStatus();
  source_.OnLost();
}

bool GrpcDataProxy::OnMessage(GrpcRemote<DataWire>& remote, const pb::DataAdapterMessage& message) {
  switch (message.kind_case()) {
    case pb::DataAdapterMessage::kSubscribeResult: {
      const pb::SubscribeResult& result = message.subscribe_result();
      if (!remote.Complete(SubscribeCall(result.subscription()), {.subscribed = &result}) &&
          channel_.is_active(remote)) {  // late, and welcome
        OnSubscribeResult(std::to_string(result.subscription()), result);
      }
      return true;
    }
    case pb::DataAdapterMessage::kUnsubscribeResult: {
      const pb::UnsubscribeResult& result = message.unsubscribe_result();
      remote.Complete(UnsubscribeCall(result.subscription()), {.unsubscribed = &result});
      return true;
    }
    case pb::DataAdapterMessage::kEvents:
      if (channel_.is_active(remote)) {
        OnEvents(remote, message.events());
      } else {
        counters_.standby_packets.Add();
      }
      return true;
    default:
      return message.kind_case() == pb::DataAdapterMessage::KIND_NOT_SET;  // of a later edition
  }
}

void GrpcDataProxy::OnEvents(GrpcRemote<DataWire>& remote, const pb::EventBatch& batch) {
  for (const std::string& name : batch.new_fields()) LearnField(name);
  for (const pb::Event& event : batch.events()) {
    if (!OnEvent(event))
      remote.CountMalformed("an event that is none, or with such a field, value or token");
  }
}

bool GrpcDataProxy::OnEvent(const pb::Event& event) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, event.subscription()).ptr;
  const std::string_view subscription(digits, static_cast<std::size_t>(end - digits));
  if (!OnEventKind(subscription, event)) return false;
  const std::string& token = event.resume_token();
  if (token.empty()) return true;
  const bool is_short = token.size() <= kMostTokenBytes;
  // Without the long one, the last one would lead to what is known already.
  source_.OnResumeToken(subscription, is_short ? token : std::string_view());
  return is_short;
}

bool GrpcDataProxy::OnEventKind(std::string_view subscription, const pb::Event& event) {
  switch (event.kind_case()) {
    case pb::Event::kUpdate:
      return OnUpdate(subscription, event.update());
    case pb::Event::kEndOfSnapshot:
      source_.OnEndOfSnapshot(subscription);
      return true;
    case pb::Event::kClearSnapshot:
      source_.OnClearSnapshot(subscription);
      return true;
    case pb::Event::kDiffOrder:
      return OnDiffOrder(subscription, event.diff_order());
    case pb::Event::KIND_NOT_SET:
      return !event.resume_token().empty();  // which is all that it says
  }
  return false;
}

bool GrpcDataProxy::OnUpdate(std::string_view subscription, const pb::Update& update) {
  texts_.Clear();
  fields_.clear();
  for (const pb::FieldValue& field : update.fields()) {
    const auto* const id = FindField(field.field());
    const std::optional<std::string_view> text = texts_.TextOf(field);
    if (id == nullptr || !text) return false;
    if (*id) fields_.push_back({**id, *text, field.has_null()});
  }
  source_.OnUpdate(subscription, update.is_snapshot(), fields_);
  return true;
}

bool GrpcDataProxy::OnDiffOrder(std::string_view subscription, const pb::DiffOrder& order) {
  counters_.diff_declarations.Add();
  texts_.Clear();
  fields_.clear();
  std::vector<std::string> letters(static_cast<std::size_t>(order.fields_size()));
  std::size_t next = 0;
  for (const pb::FieldDiff& diff : order.fields()) {
    const auto* const id = FindField(diff.field());
    if (id == nullptr) return false;
    std::string& text = letters[next++];
    for (const int algorithm : diff.algorithms()) {
      if (algorithm == pb::FieldDiff::ALGORITHM_JSON_PATCH) text += 'J';
      if (algorithm == pb::FieldDiff::ALGORITHM_DIFF_MATCH_PATCH) text += 'M';
    }
    if (*id) fields_.push_back({**id, text, false});
  }
  source_.OnDiffOrder(subscription, fields_);
  return true;
}

void GrpcDataProxy::LearnField(const std::string& name) {
  constexpr std::size_t kMostNumbers = 1'000'000;  // beyond, they stay without a name
  if (fields_by_number_.size() == kMostNumbers) return;
  fields_by_number_.push_back(field_names_.Intern(name));
  if (fields_by_number_.back() || std::exchange(fields_exhausted_logged_, true)) return;
  PENSTOCK_LOG(kAdapter, kError, "too many field names: those beyond limits.field_names are lost",
               {"proxy", this->name()}, {"field", name});
}

const std::optional<kernel::FieldId>* GrpcDataProxy::FindField(std::uint32_t number) const {
  if (number == 0 || number > fields_by_number_.size()) return nullptr;
  return &fields_by_number_[number - 1];
}

}  // namespace penstock::adapters
