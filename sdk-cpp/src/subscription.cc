// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/subscription.h"

#include <chrono>

#include "ari/data_messages.h"
#include "subscription_state.h"

namespace penstock::adapter {
namespace {

constexpr size_t kKeptBuffer = 256u << 10;

uint64_t NowMillis() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

// One encoding buffer a thread, so that an event costs no allocation and no lock while it is
// encoded.
std::string& Buffer() {
  thread_local std::string buffer;
  if (buffer.capacity() > kKeptBuffer) std::string().swap(buffer);
  buffer.clear();
  return buffer;
}

bool IsOpen(const SubscriptionState* state) {
  if (state == nullptr) return false;
  if (state->open.load(std::memory_order_acquire)) return true;
  CounterCells::Add(state->channel->counters->events_closed);
  return false;
}

PushResult PushItemEvent(const SubscriptionState* state, ari::Method method) {
  if (!IsOpen(state)) return PushResult::kClosed;
  std::string& line = Buffer();
  ari::WriteItemEvent(NowMillis(), method, state->item, state->sub_id, state->channel->dialect,
                      &line);
  return state->channel->outbox->PushEvent(line);
}

}  // namespace

Subscription::Subscription() = default;
Subscription::Subscription(std::shared_ptr<SubscriptionState> state) : state_(std::move(state)) {}
Subscription::~Subscription() = default;
Subscription::Subscription(Subscription&& other) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept = default;

const std::string& Subscription::item() const {
  static const std::string* const none = new std::string();
  return state_ == nullptr ? *none : state_->item;
}

bool Subscription::is_open() const {
  return state_ != nullptr && state_->open.load(std::memory_order_acquire);
}

PushResult Subscription::Update(std::span<const Field> fields, bool snapshot) {
  if (!IsOpen(state_.get())) return PushResult::kClosed;
  thread_local std::vector<ari::FieldView> views;
  views.clear();
  for (const Field& field : fields) {
    views.push_back({field.name, field.value.value_or(std::string_view()), !field.value});
  }
  std::string& line = Buffer();
  ari::WriteUpdate(NowMillis(), state_->item, state_->sub_id, snapshot, views.data(), views.size(),
                   state_->channel->dialect, &line);
  return state_->channel->outbox->PushEvent(line);
}

PushResult Subscription::Update(std::initializer_list<Field> fields, bool snapshot) {
  return Update(std::span<const Field>(fields.begin(), fields.size()), snapshot);
}

PushResult Subscription::EndOfSnapshot() { return PushItemEvent(state_.get(), ari::Method::kEos); }

PushResult Subscription::ClearSnapshot() { return PushItemEvent(state_.get(), ari::Method::kCls); }

PushResult Subscription::DeclareDiffOrder(std::span<const FieldDiffOrder> orders) {
  if (!IsOpen(state_.get())) return PushResult::kClosed;
  if (!ari::HasDiffOrder(state_->channel->dialect.version)) return PushResult::kOk;
  std::vector<std::string> letters;
  letters.reserve(orders.size());
  std::vector<ari::FieldDiffView> views;
  for (const FieldDiffOrder& order : orders) {
    std::string& text = letters.emplace_back();
    for (const DiffAlgorithm algorithm : order.algorithms) {
      text.push_back(algorithm == DiffAlgorithm::kJsonPatch ? 'J' : 'M');
    }
    views.push_back({order.field, text, false});
  }
  std::string& line = Buffer();
  ari::WriteDiffOrder(NowMillis(), state_->item, state_->sub_id, views.data(), views.size(),
                      state_->channel->dialect, &line);
  return state_->channel->outbox->PushEvent(line);
}

}  // namespace penstock::adapter
