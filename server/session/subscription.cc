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

void Subscription::Activate(SubscribeGrant grant, std::shared_ptr<const Schema> schema) {
  state_ = State::kActive;
  schema_ = std::move(schema);
  table_open = grant.table_open;
  items_ = std::vector<SubscribedItem>(grant.items.size());
  bool limited = false;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    items_[i].subscription = this;
    items_[i].index = static_cast<std::uint32_t>(i);
    limited = limited || (i < grant.limits.size() && grant.limits[i].max_frequency > 0);
  }
  if (limited) {
    for (const ItemLimits& limits : grant.limits) {
      allowed_frequency_.push_back(limits.max_frequency);
    }
    allowed_frequency_.resize(items_.size());
  }
  if (table_open) table_items_ = std::move(grant.items);
  ApplyFrequency(request_.max_frequency);
}

void Subscription::ApplyFrequency(const tlcp::Frequency& wanted) {
  wanted_frequency_ = wanted;
  paces_.clear();
  const double limit = wanted.kind == tlcp::Frequency::Kind::kLimited ? wanted.per_second : 0;
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
  return table;
}

}  // namespace penstock::session
