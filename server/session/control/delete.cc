// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=delete (TLCP §3.3), and the same for the Metadata Adapter (ari.md §3.12).

#include "base/log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleDelete(const tlcp::Delete& request, Answer answer) {
  const auto it = subscriptions_.find(request.sub_id);
  if (it == subscriptions_.end()) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound));
    return;
  }
  if (it->second->state() != Subscription::State::kActive) {
    if (it->second->waiting_deletes.size() >= table_.options().max_pending_controls) {
      answer(Over(protection::Limit::kPendingControls, "Too many requests under way"));
      return;
    }
    it->second->waiting_deletes.push_back(std::move(answer));
    return;
  }
  Unsubscribe(request.sub_id, Duration::zero());
  tlcp::AppendUnsub(request.sub_id, lines_);
  MarkReady(true);
  answer(std::nullopt);
}

void Session::ForceUnsubscribe(int sub_id, absl::AnyInvocable<void(bool)> done) {
  const auto it = subscriptions_.find(sub_id);
  // One that is not granted yet is none that the Metadata Adapter knows.
  if (it == subscriptions_.end() || it->second->state() == Subscription::State::kAuthorizing) {
    done(true);
  } else if (!it->second->enable_unsubscription) {
    done(false);
  } else {
    HandleDelete({.sub_id = sub_id},
                 [done = std::move(done)](const auto& refusal) mutable { done(!refusal); });
  }
}

void Session::Unsubscribe(int sub_id, Duration linger) {
  const auto it = subscriptions_.find(sub_id);
  if (it == subscriptions_.end()) return;
  const std::unique_ptr<Subscription> dying = std::move(it->second);
  subscriptions_.erase(it);
  DropReady(*dying);
  item_count_ -= dying->items().size();
  for (SubscribedItem& item : dying->items()) {
    PENSTOCK_LOG(kSession, kDebug, "unsubscribed", {"session", id()}, {"sub", sub_id},
                 {"item", item.item->name()});
    table_.items().Detach(&item, linger);
  }
  if (dying->table_open) {
    profile_.adapter_set->metadata->CloseTable(id(), dying->MakeTable());
  }
  // Only when the session closes; whoever waits is told that it is gone.
  for (Answer& answer : dying->waiting_adds) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSessionNotFound));
  }
  for (Answer& answer : dying->waiting_deletes) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSessionNotFound));
  }
}

}  // namespace penstock::session
