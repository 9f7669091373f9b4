// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/subscription.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace penstock::session {

Subscription::~Subscription() {
  for (const SubscribedItem& item : items_) PENSTOCK_DCHECK(item.item == nullptr);
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
  table_open = grant.table_open;
  enable_unsubscription = grant.enable_unsubscription;
  items_ = std::vector<SubscribedItem>(grant.items.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i].subscription = this;
    items_[i].index = static_cast<std::uint32_t>(i);
  }
  ApplyLimits(grant.limits, server);
  if (table_open) table_items_ = grant.items;
  if (table_open && grant.wants_final_statistics) statistics_.resize(items_.size());
  ApplyFrequency(request_.max_frequency, TimePoint());
}

// What the client wants, the Metadata Adapter allows and the server caps: the least of them.
void Subscription::ApplyLimits(const std::vector<ItemLimits>& limits, const Options& server) {
  const auto cap = static_cast<std::uint32_t>(server.max_buffer_size);
  const bool has_buffer = !unfiltered() && (request_.mode == tlcp::Mode::kMerge ||
                                            request_.mode == tlcp::Mode::kDistinct);
  std::uint32_t wanted = cap;
  if (has_buffer && request_.buffer_size) {
    if (request_.buffer_size->events) {
      wanted = std::min(cap, static_cast<std::uint32_t>(*request_.buffer_size->events));
    }
  } else if (has_buffer && request_.mode == tlcp::Mode::kMerge) {
    wanted = 1;
  }
  std::vector<std::uint32_t> buffers;
  bool any_buffer = unfiltered() || request_.mode != tlcp::Mode::kMerge;
  bool limited = false;
  for (const ItemLimits& item : limits) {
    const bool bounded = item.buffer_size > 0 && request_.mode != tlcp::Mode::kCommand;
    buffers.push_back(bounded ? std::min(wanted, static_cast<std::uint32_t>(item.buffer_size))
                              : wanted);
    any_buffer = any_buffer || buffers.back() > 1;
    limited = limited || item.max_frequency > 0;
  }
  if (request_.mode == tlcp::Mode::kCommand) {
    feed_ = FeedKind::kRows;
  } else {
    feed_ = any_buffer ? FeedKind::kLog : FeedKind::kLatest;
  }
  if (feed_ != FeedKind::kLatest) {
    cursors_.resize(items_.size());
    for (std::size_t i = 0; i < items_.size(); ++i) {
      cursors_[i].buffer = buffers[i];
      const auto history = static_cast<std::uint32_t>(
          std::clamp(limits[i].distinct_snapshot_length, 0, server.max_buffer_size));
      cursors_[i].snapshot_length = std::min(
          {history, buffers[i],
           static_cast<std::uint32_t>(request_.snapshot.length.value_or(server.max_buffer_size))});
    }
  }
  server_frequency_ = unfiltered() ? 0 : server.max_frequency;
  if (limited && request_.mode != tlcp::Mode::kRaw) {
    for (const ItemLimits& item : limits) allowed_frequency_.push_back(item.max_frequency);
  }
}

kernel::View Subscription::view() const {
  if (request_.mode == tlcp::Mode::kCommand && unfiltered()) {
    return kernel::View::kCommandUnfiltered;
  }
  return static_cast<kernel::View>(request_.mode);
}

KeyPaces& Subscription::PacesOf(std::uint32_t index) {
  if (key_paces_.empty()) key_paces_.resize(items_.size());
  if (key_paces_[index] == nullptr) key_paces_[index] = std::make_unique<KeyPaces>();
  return *key_paces_[index];
}

void Subscription::ApplyFrequency(const tlcp::Frequency& wanted, TimePoint now) {
  wanted_frequency_ = wanted;
  paces_.clear();
  for (const std::unique_ptr<KeyPaces>& paces : key_paces_) {
    if (paces != nullptr) paces->Restart(now);
  }
  double limit = wanted.kind == tlcp::Frequency::Kind::kLimited ? wanted.per_second : 0;
  if (request_.mode == tlcp::Mode::kRaw) limit = 0;
  if (server_frequency_ > 0) {
    limit = limit > 0 ? std::min(limit, server_frequency_) : server_frequency_;
  }
  if (limit <= 0 && allowed_frequency_.empty()) return;
  paces_.resize(items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    double top = limit;
    if (!allowed_frequency_.empty() && allowed_frequency_[i] > 0) {
      top = top > 0 ? std::min(top, allowed_frequency_[i]) : allowed_frequency_[i];
    }
    // Beyond these bounds a limit means "at once" and "once an hour".
    if (top > 0) {
      top = std::clamp(top, 1.0 / 3600, 1e6);
      paces_[i].interval =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / top));
    }
  }
}

std::optional<double> Subscription::TopFrequency() const {
  if (paces_.empty()) return std::nullopt;
  const double limit = wanted_frequency_.per_second;
  double top = 0;
  for (std::size_t i = 0; i < paces_.size(); ++i) {
    if (paces_[i].interval == Duration::zero()) return std::nullopt;
    top = std::max(top, 1e9 / static_cast<double>(paces_[i].interval.count()));
  }
  // The client's own figure comes back as it was written.
  if (limit > 0 && std::abs(top - limit) < limit * 1e-6) return limit;
  if (server_frequency_ > 0 && std::abs(top - server_frequency_) < server_frequency_ * 1e-6) {
    return server_frequency_;
  }
  for (const double allowed : allowed_frequency_) {
    if (std::abs(top - allowed) < allowed * 1e-6) return allowed;
  }
  return top;
}

Table Subscription::MakeTable() const {
  Table table;
  table.win_index = request_.sub_id;
  table.mode = static_cast<kernel::Mode>(request_.mode);
  table.group = request_.group;
  table.data_adapter = request_.data_adapter;
  table.schema = request_.schema;
  table.selector = request_.selector;
  table.items = table_items_;
  table.statistics = statistics_;
  return table;
}

}  // namespace penstock::session
