// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/subscription.h"

#include <utility>

#include "item_feed.h"

namespace penstock::adapter {
namespace {

// What a handle of no item says.
const std::string& NoText() {
  static const std::string* const none = new std::string();
  return *none;
}

}  // namespace

Subscription::Subscription() = default;
Subscription::Subscription(std::shared_ptr<ItemFeed> feed) : feed_(std::move(feed)) {}
Subscription::~Subscription() = default;
Subscription::Subscription(Subscription&& other) noexcept = default;
Subscription& Subscription::operator=(Subscription&& other) noexcept = default;

const std::string& Subscription::item() const {
  return feed_ == nullptr ? NoText() : feed_->item();
}

bool Subscription::is_open() const { return feed_ != nullptr && feed_->is_open(); }

PushResult Subscription::Update(std::span<const Field> fields, const UpdateMarks& marks) {
  return feed_ == nullptr ? PushResult::kClosed : feed_->Update(fields, marks);
}

PushResult Subscription::Update(std::initializer_list<Field> fields, const UpdateMarks& marks) {
  return Update(std::span<const Field>(fields.begin(), fields.size()), marks);
}

PushResult Subscription::Update(std::span<const Field> fields, bool snapshot) {
  return Update(fields, UpdateMarks{.snapshot = snapshot});
}

PushResult Subscription::Update(std::initializer_list<Field> fields, bool snapshot) {
  return Update(fields, UpdateMarks{.snapshot = snapshot});
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

const std::string& Subscription::resume_token() const {
  return feed_ == nullptr ? NoText() : feed_->resume_token();
}

bool Subscription::Resume() { return feed_ != nullptr && feed_->Resume(); }

PushResult Subscription::Checkpoint(std::string_view resume_token) {
  return feed_ == nullptr ? PushResult::kClosed : feed_->Checkpoint(resume_token);
}

}  // namespace penstock::adapter
