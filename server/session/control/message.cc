// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// msg (TLCP §3.8): in order to the Metadata Adapter, and what became of it to the client (§4.4).

#include "base/log.h"
#include "session/message_queue.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleMessage(tlcp::Message message, std::optional<tlcp::Error> refusal,
                            Answer answer) {
  if (messages_ == nullptr) messages_ = std::make_unique<MessageQueue>(table_.options().messages);
  if (refusal) {
    messages_->Pass(message);
  } else {
    refusal = messages_->Accept(std::move(message), table_.shard().now());
  }
  if (refusal) {
    ++table_.counters().messages_refused;
  } else {
    ++table_.counters().messages;
  }
  answer(std::move(refusal));
  SendMessages();
  ArmAt(messages_->next_deadline());
}

void Session::SendMessages() {
  // An answer may come inside of the call, and would get here again for each message.
  if (sending_messages_) return;
  sending_messages_ = true;
  while (!closed_) {
    std::optional<MessageQueue::Ready> ready = messages_->TakeReady();
    if (!ready) break;
    // The session may be gone when the answer comes.
    adapter_set_.metadata->SendMessage({user(), id(), std::move(ready->text)},
                                       [table = &table_, session_id = id(), ticket = ready->ticket](
                                           std::variant<MessageOutcome, tlcp::Error> result) {
                                         if (Session* const session = table->Find(session_id)) {
                                           session->OnMessageOutcome(ticket, std::move(result));
                                         }
                                       });
  }
  sending_messages_ = false;
}

void Session::OnMessageOutcome(std::uint64_t ticket,
                               std::variant<MessageOutcome, tlcp::Error> result) {
  const MessageQueue::Finished finished = messages_->Finish(ticket);
  const auto* const error = std::get_if<tlcp::Error>(&result);
  if (error != nullptr) {
    PENSTOCK_LOG(kSession, kDebug, "message refused", {"session", id()},
                 {"sequence", finished.sequence}, {"prog", finished.prog}, {"code", error->code},
                 {"reason", error->message});
  }
  if (finished.outcome_wanted) {
    if (error != nullptr) {
      tlcp::AppendMsgFail(finished.sequence, finished.prog, *error, Lines());
    } else {
      tlcp::AppendMsgDone(version_, finished.sequence, finished.prog,
                          std::get<MessageOutcome>(result).response, Lines());
    }
    MarkReady(true);
  }
  SendMessages();
}

void Session::ExpireMessages() {
  for (const MessageQueue::Skipped& skipped : messages_->Expire(table_.shard().now())) {
    PENSTOCK_LOG(kSession, kDebug, "messages did not come", {"session", id()},
                 {"sequence", skipped.sequence}, {"last", skipped.last_prog},
                 {"count", skipped.count});
    table_.counters().messages_skipped += static_cast<std::uint64_t>(skipped.count);
    tlcp::AppendMsgSkipped(skipped.sequence, skipped.last_prog, skipped.count, Lines());
    MarkReady(true);
  }
  SendMessages();
}

}  // namespace penstock::session
