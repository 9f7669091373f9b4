// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/subscription.h"

#include <utility>

#include "item_feed.h"

namespace penstock::adapter {

Subscription::Subscription() = default;
Subscription::Subscription(std::shared_ptr<ItemFeed> feed) : feed_(std::move(feed)) {}
Subscription::~Subscription() = default;
Subscription::Subscription(Subscription&& other) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept = default;

const std::string& Subscription::item() const {
  static const std::string* const none = new std::string();
  return feed_ == nullptr ? *none : feed_->item();
}

bool Subscription::is_open() const { return feed_ != nullptr && feed_->is_open(); }

PushResult Subscription::Update(std::span<const Field> fields, bool snapshot) {
  return feed_ == nullptr ? PushResult::kClosed : feed_->Update(fields, snapshot);
}

PushResult Subscription::Update(std::initializer_list<Field> fields, bool snapshot) {
  return Update(std::span<const Field>(fields.begin(), fields.size()), snapshot);
}

PushResult Subscription::EndOfSnapshot() {
  return feed_ == nullptr ? PushResult::kClosed : feed_->EndOfSnapshot();
}

PushResult Subscription::ClearSnapshot() {
  return feed_ == nullptr ? PushResult::kClosed : feed_->ClearSnapshot();
}

PushResult Subscription::DeclareDiffOrder(std::span<const FieldDiffOrder> orders) {
  return feed_ == nullptr ? PushResult::kClosed : feed_->DeclareDiffOrder(orders);
}

}  // namespace penstock::adapter
