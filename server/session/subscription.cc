// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/subscription.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "base/check.h"
#include "session/session.h"

namespace penstock::session {

ItemArray::ItemArray(Subscription& owner, std::uint32_t size) : size_(size) {
  if (size == 0) return;
  void* const memory = ::operator new(sizeof(Subscription*) + size * sizeof(SubscribedItem));
  Subscription** const first = new (memory) Subscription*(&owner);
  items_.reset(reinterpret_cast<SubscribedItem*>(first + 1));
  for (std::uint32_t i = 0; i < size; ++i) (new (begin() + i) SubscribedItem)->index = i;
}

Subscription::Subscription(Session& session, const tlcp::Add& request, std::uint32_t serial,
                           TextTable& texts)
    : session_(session),
      group_(texts.Get(request.group)),
      schema_text_(texts.Get(request.schema)),
      data_adapter_(texts.Get(request.data_adapter)),
      selector_(request.selector ? texts.Get(*request.selector) : SharedText()),
      max_frequency_(request.max_frequency),
      buffer_size_(request.buffer_size),
      snapshot_(request.snapshot),
      sub_id_(request.sub_id),
      serial_(serial),
      mode_(request.mode) {}

Subscription::~Subscription() {
  for (const SubscribedItem& item : items_) PENSTOCK_DCHECK(item.item == nullptr);
}

bool Subscription::IsAskedBy(const tlcp::Add& request) const {
  tlcp::Add own;
  own.sub_id = sub_id_;
  own.mode = mode_;
  own.group = group_.view();
  own.schema = schema_text_.view();
  own.data_adapter = data_adapter_.view();
  if (selector_) own.selector = selector_.view();
  own.buffer_size = buffer_size_;
  own.max_frequency = max_frequency_;
  own.snapshot = snapshot_;
  return own.SameAs(request);
}

void Subscription::PrefetchParts(std::uint32_t index) const {
  Prefetch(&session_, sizeof(Session));
  if (cursors_ != nullptr) Prefetch(&cursors_[index], sizeof(LogCursor));
}

void Subscription::Prepare(const SubscribeGrant& grant, std::shared_ptr<const Schema> schema,
                           const Options& server) {
  state_ = State::kAttaching;
  schema_ = std::move(schema);
  for (std::size_t i = 0; i < schema_->fields.size(); ++i) {
    const int position = static_cast<int>(i) + 1;
    if (schema_->fields[i] == kernel::kKeyField) key_position_ = position;
    if (schema_->fields[i] == kernel::kCommandField) command_position_ = position;
  }
  enable_unsubscription_ = grant.enable_unsubscription;
  items_ = ItemArray(*this, static_cast<std::uint32_t>(grant.items.size()));
  ApplyLimits(grant.limits, server);
  if (grant.table_open) {
    open_table_ = std::make_unique<OpenTable>(OpenTable{grant.items, {}});
    if (grant.wants_final_statistics) open_table_->statistics.resize(items_.size());
  }
  ApplyFrequency(max_frequency_, TimePoint());
}

// What the client wants, the Metadata Adapter allows and the server caps: the least of them.
void Subscription::ApplyLimits(const std::vector<ItemLimits>& limits, const Options& server) {
  const auto cap = static_cast<std::uint32_t>(server.max_buffer_size);
  const bool has_buffer =
      !unfiltered() && (mode_ == tlcp::Mode::kMerge || mode_ == tlcp::Mode::kDistinct);
  std::uint32_t wanted = cap;
  if (has_buffer && buffer_size_) {
    if (buffer_size_->events) {
      wanted = std::min(cap, static_cast<std::uint32_t>(*buffer_size_->events));
    }
  } else if (has_buffer && mode_ == tlcp::Mode::kMerge) {
    wanted = 1;
  }
  std::vector<std::uint32_t> buffers;
  buffers.reserve(limits.size());
  bool any_buffer = unfiltered() || mode_ != tlcp::Mode::kMerge;
  bool limited = false;
  for (const ItemLimits& item : limits) {
    const bool bounded = item.buffer_size > 0 && mode_ != tlcp::Mode::kCommand;
    buffers.push_back(bounded ? std::min(wanted, static_cast<std::uint32_t>(item.buffer_size))
                              : wanted);
    any_buffer = any_buffer || buffers.back() > 1;
    limited = limited || item.max_frequency > 0;
  }
  if (mode_ == tlcp::Mode::kCommand) {
    feed_ = FeedKind::kRows;
  } else {
    feed_ = any_buffer ? FeedKind::kLog : FeedKind::kLatest;
  }
  if (feed_ != FeedKind::kLatest) {
    cursors_ = std::make_unique<LogCursor[]>(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      cursors_[i].buffer = buffers[i];
      const auto history = static_cast<std::uint32_t>(
          std::clamp(limits[i].distinct_snapshot_length, 0, server.max_buffer_size));
      cursors_[i].snapshot_length =
          std::min({history, buffers[i],
                    static_cast<std::uint32_t>(snapshot_.length.value_or(server.max_buffer_size))});
    }
  }
  if (!unfiltered() && server.max_frequency > 0) MakePacing().server = server.max_frequency;
  if (limited && mode_ != tlcp::Mode::kRaw) {
    for (const ItemLimits& item : limits) MakePacing().allowed.push_back(item.max_frequency);
  }
}

kernel::View Subscription::view() const {
  if (mode_ == tlcp::Mode::kCommand && unfiltered()) {
    return kernel::View::kCommandUnfiltered;
  }
  return static_cast<kernel::View>(mode_);
}

Subscription::Pacing& Subscription::MakePacing() {
  if (pacing_ == nullptr) pacing_ = std::make_unique<Pacing>();
  return *pacing_;
}

KeyPaces& Subscription::PacesOf(std::uint32_t index) {
  auto& keys = MakePacing().keys;
  if (keys.empty()) keys.resize(items_.size());
  if (keys[index] == nullptr) keys[index] = std::make_unique<KeyPaces>();
  return *keys[index];
}

void Subscription::ApplyFrequency(const tlcp::Frequency& wanted, TimePoint now) {
  const bool limited = wanted.kind == tlcp::Frequency::Kind::kLimited && mode_ != tlcp::Mode::kRaw;
  if (!limited && pacing_ == nullptr) return;
  Pacing& pacing = MakePacing();
  pacing.wanted = wanted;
  double limit = limited ? wanted.per_second : 0;
  if (pacing.server > 0) limit = limit > 0 ? std::min(limit, pacing.server) : pacing.server;
  const bool unlimited = limit <= 0 && pacing.allowed.empty();
  pacing.paces.resize(unlimited ? 0 : items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    double top = limit;
    if (!pacing.allowed.empty() && pacing.allowed[i] > 0) {
      top = top > 0 ? std::min(top, pacing.allowed[i]) : pacing.allowed[i];
    }
    Duration interval{0};
    // Beyond these bounds a limit means "at once" and "once an hour".
    if (top > 0) {
      top = std::clamp(top, 1.0 / 3600, 1e6);
      interval = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / top));
    }
    KeyPaces* const keys = FindPaces(static_cast<std::uint32_t>(i));
    if (unlimited) {
      if (keys != nullptr) keys->Restart(now);
      continue;
    }
    const Duration before = pacing.paces[i].interval;
    pacing.paces[i].SetInterval(interval);
    if (keys == nullptr) continue;
    if (interval == Duration::zero()) {
      keys->Restart(now);
    } else if (before != Duration::zero()) {
      keys->Stretch(interval - before);
    }
  }
}

std::optional<double> Subscription::TopFrequency() const {
  if (pacing_ == nullptr || pacing_->paces.empty()) return std::nullopt;
  double top = 0;
  for (const Pace& pace : pacing_->paces) {
    if (pace.interval == Duration::zero()) return std::nullopt;
    top = std::max(top, 1e9 / static_cast<double>(pace.interval.count()));
  }
  // A figure comes back as it was written.
  const auto is_top = [top](double limit) { return std::abs(top - limit) < limit * 1e-6; };
  const double wanted = pacing_->wanted.per_second;
  if (wanted > 0 && is_top(wanted)) return wanted;
  if (pacing_->server > 0 && is_top(pacing_->server)) return pacing_->server;
  const auto allowed = std::find_if(pacing_->allowed.begin(), pacing_->allowed.end(), is_top);
  return allowed == pacing_->allowed.end() ? top : *allowed;
}

Table Subscription::MakeTable() const {
  Table table;
  table.win_index = sub_id_;
  table.mode = static_cast<kernel::Mode>(mode_);
  table.group = group_.view();
  table.data_adapter = data_adapter_.view();
  table.schema = schema_text_.view();
  if (selector_) table.selector = selector_.view();
  if (open_table_ != nullptr) {
    table.items = open_table_->items;
    table.statistics = open_table_->statistics;
  }
  return table;
}

}  // namespace penstock::session
