// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "data_session.h"

#include <utility>

#include "ari/data_messages.h"
#include "ari/exception.h"
#include "convert.h"

namespace penstock::adapter {

DataSession::DataSession(SessionContext context, ItemTable* items)
    : context_(std::move(context)), items_(items) {}

void DataSession::OnPacket(const ari::PacketHead& head) {
  if (head.method != ari::Method::kSub && head.method != ari::Method::kUsb) {
    context_.cells->malformed.Add();
    context_.log->Write(LogLevel::kWarning,
                        "ignored a packet of method " + std::string(head.method_text));
    return;
  }
  context_.cells->requests.Add();
  std::string item;
  const ari::Status status = ari::ParseItemRequest(head.method, head.args, context_.dialect, &item);
  if (!status.ok()) {
    context_.cells->malformed.Add();
    Answer(std::string(head.id), head.method, Error(status.message()));
    return;
  }
  items_->Add(item, {shared_from_this(), std::string(head.id), head.method == ari::Method::kSub});
}

void DataSession::EndInput() { items_->EndSession(shared_from_this()); }

void DataSession::Answer(const std::string& id, ari::Method method, const Status& status) {
  if (id.empty()) return;
  std::string line;
  if (status.ok()) {
    ari::WriteVoidReply(id, method, context_.dialect, &line);
  } else {
    ari::WriteException(id, method, ToException(status.error(), *context_.log), context_.dialect,
                        &line);
  }
  context_.answers->PushAnswer(line);
}

}  // namespace penstock::adapter
