// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_ari/ari_data_session.h"

#include <utility>

#include "ari/data_messages.h"
#include "ari/exception.h"
#include "over_ari/ari_item_writer.h"
#include "over_ari/convert.h"

namespace penstock::adapter {

AriDataSession::AriDataSession(SessionContext context, const ari::Dialect& dialect,
                               ItemTable* items)
    : DataSession(std::move(context)), dialect_(dialect), items_(items) {}

void AriDataSession::OnPacket(const ari::PacketHead& head) {
  if (head.method != ari::Method::kSub && head.method != ari::Method::kUsb) {
    context().cells->malformed.Add();
    log().Write(LogLevel::kWarning, "ignored a packet of method " + std::string(head.method_text));
    return;
  }
  const Request request =
      head.method == ari::Method::kSub ? Request::kSubscribe : Request::kUnsubscribe;
  std::string item;
  const ari::Status status = ari::ParseItemRequest(head.method, head.args, dialect_, &item);
  if (!status.ok()) {
    context().cells->malformed.Add();
    Answer(std::string(head.id), request, Error(status.message()));
  } else {
    items_->Add(item, {shared_from_this(), std::string(head.id), request == Request::kSubscribe});
  }
  context().cells->requests.Add();  // what is counted has its place
}

void AriDataSession::EndInput() { items_->EndSession(shared_from_this()); }

void AriDataSession::Answer(const std::string& id, Request request, const Status& status) {
  if (id.empty()) return;
  const auto method = request == Request::kSubscribe ? ari::Method::kSub : ari::Method::kUsb;
  std::string line;
  if (status.ok()) {
    ari::WriteVoidReply(id, method, dialect_, &line);
  } else {
    ari::WriteException(id, method, ToException(status.error(), log()), dialect_, &line);
  }
  context().answers->PushAnswer(line);
}

std::unique_ptr<ItemWriter> AriDataSession::NewWriter(const std::string& item,
                                                      const std::string& id) {
  return std::make_unique<AriItemWriter>(item, id, dialect_);
}

}  // namespace penstock::adapter
