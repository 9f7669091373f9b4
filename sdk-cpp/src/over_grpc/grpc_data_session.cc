// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_data_session.h"

#include <charconv>
#include <utility>

#include "over_grpc/errors.h"
#include "over_grpc/grpc_item_writer.h"

namespace penstock::adapter {
namespace {

uint64_t ToNumber(const std::string& id) {
  uint64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

}  // namespace

GrpcDataSession::GrpcDataSession(SessionContext context, ItemTable* items, FieldNumbers* fields)
    : DataSession(std::move(context)),
      items_(items),
      fields_(std::make_shared<FieldDeclarations>(fields)) {}

bool GrpcDataSession::OnMessage(const pb::DataServerMessage& message) {
  if (message.has_subscribe()) {
    const pb::Subscribe& request = message.subscribe();
    items_->Add(request.item(), {shared_from_this(), std::to_string(request.subscription()), true,
                                 request.resume_token()});
    context().cells->requests.Add();  // what is counted has its place
    return true;
  }
  if (message.has_unsubscribe()) {
    const pb::Unsubscribe& request = message.unsubscribe();
    items_->Add(request.item(),
                {shared_from_this(), std::to_string(request.subscription()), false});
    context().cells->requests.Add();
    return true;
  }
  return false;
}

void GrpcDataSession::EndInput() { items_->EndSession(shared_from_this()); }

void GrpcDataSession::Answer(const std::string& id, Request request, const Status& status) {
  if (id.empty()) return;
  pb::DataAdapterMessage message;
  if (request == Request::kSubscribe) {
    pb::SubscribeResult& result = *message.mutable_subscribe_result();
    result.set_subscription(ToNumber(id));
    if (!status.ok()) *result.mutable_error() = ToProto(status.error(), log());
  } else {
    pb::UnsubscribeResult& result = *message.mutable_unsubscribe_result();
    result.set_subscription(ToNumber(id));
    if (!status.ok()) *result.mutable_error() = ToProto(status.error(), log());
  }
  context().answers->PushAnswer(WholeMessage(message));
}

std::unique_ptr<ItemWriter> GrpcDataSession::NewWriter(const std::string& /*item*/,
                                                       const std::string& id) {
  return std::make_unique<GrpcItemWriter>(ToNumber(id), fields_, events());
}

}  // namespace penstock::adapter
