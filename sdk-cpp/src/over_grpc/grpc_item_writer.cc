// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_item_writer.h"

#include <utility>

#include "over_grpc/wire.h"

namespace penstock::adapter {
namespace {

constexpr uint8_t kSubscriptionTag = VarintTag(pb::Event::kSubscriptionFieldNumber);

}  // namespace

GrpcItemWriter::GrpcItemWriter(uint64_t subscription, std::shared_ptr<FieldDeclarations> fields,
                               std::shared_ptr<Outbox> outbox)
    : subscription_(subscription),
      fields_(std::move(fields)),
      outbox_(std::move(outbox)),
      format_(&fields_->fields()) {}

size_t GrpcItemWriter::WriteHead(size_t tail_size, char* head) const {
  char* at = head;
  *at++ = static_cast<char>(kEventTag);
  at = WriteVarint(1 + VarintSize(subscription_) + tail_size, at);
  *at++ = static_cast<char>(kSubscriptionTag);
  at = WriteVarint(subscription_, at);
  return static_cast<size_t>(at - head);
}

PushResult GrpcItemWriter::Push(Outbox* outbox, UpdateTail* update) {
  const std::string_view tail = update->In(format_);
  fields_->CatchUp(outbox);
  char head[kMostHead];
  return outbox->PushEvent({head, WriteHead(tail.size(), head)}, tail, {});
}

void GrpcItemWriter::AppendUpdate(std::span<const Field> fields, bool snapshot, std::string* out) {
  UpdateTail update(fields, {.snapshot = snapshot});
  const std::string_view tail = update.In(format_);
  fields_->CatchUp(outbox_.get());
  char head[kMostHead];
  out->append(head, WriteHead(tail.size(), head)).append(tail);
}

void GrpcItemWriter::AppendEvent(ItemEvent what, std::string* out) {
  pb::Event event;
  event.set_subscription(subscription_);
  if (what == ItemEvent::kEndOfSnapshot) {
    event.mutable_end_of_snapshot();
  } else {
    event.mutable_clear_snapshot();
  }
  adapter::AppendEvent(event, out);
}

bool GrpcItemWriter::AppendDiffOrders(std::span<const FieldDiffOrder> orders, std::string* out) {
  pb::Event event;
  event.set_subscription(subscription_);
  pb::DiffOrder& diff_order = *event.mutable_diff_order();
  for (const FieldDiffOrder& order : orders) {
    const uint32_t number = fields_->fields().Of(order.field);
    if (number == 0) continue;
    pb::FieldDiff& diff = *diff_order.add_fields();
    diff.set_field(number);
    for (const DiffAlgorithm algorithm : order.algorithms) {
      diff.add_algorithms(algorithm == DiffAlgorithm::kJsonPatch
                              ? pb::FieldDiff::ALGORITHM_JSON_PATCH
                              : pb::FieldDiff::ALGORITHM_DIFF_MATCH_PATCH);
    }
  }
  fields_->CatchUp(outbox_.get());
  adapter::AppendEvent(event, out);
  return true;
}

bool GrpcItemWriter::AppendToken(std::string_view token, std::string* out) {
  pb::Event event;
  event.set_subscription(subscription_);
  event.set_resume_token(token.data(), token.size());
  adapter::AppendEvent(event, out);
  return true;
}

void GrpcItemWriter::AppendResumed(std::string* out) {
  pb::DataAdapterMessage message;
  message.mutable_subscribe_result()->set_subscription(subscription_);
  message.mutable_subscribe_result()->set_snapshot(pb::SubscribeResult::SNAPSHOT_RESUMED);
  out->append(WholeMessage(message));
}

}  // namespace penstock::adapter
