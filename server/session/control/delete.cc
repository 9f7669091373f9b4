// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// LS_op=delete (TLCP §3.3), and the same for the Metadata Adapter (ari.md §3.12).

#include "base/log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

void Session::HandleDelete(const tlcp::Delete& request, Answer answer) {
  Subscription* const subscription = Find(request.sub_id);
  if (subscription == nullptr) {
    answer(tlcp::MakeError(tlcp::RequestCode::kSubscriptionNotFound));
    return;
  }
  if (subscription->state() != Subscription::State::kActive) {
    if (subscription->waiting().deletes.size() >= table_.options().max_pending_controls) {
      answer(Over(protection::Limit::kPendingControls, "Too many requests under way"));
      return;
    }
    subscription->waiting().deletes.push_back(std::move(answer));
    return;
  }
  Unsubscribe(request.sub_id, Duration::zero());
  tlcp::AppendUnsub(request.sub_id, Lines());
  MarkReady(true);
  answer(std::nullopt);
}

void Session::ForceUnsubscribe(int sub_id, absl::AnyInvocable<void(bool)> done) {
  const Subscription* const subscription = Find(sub_id);
  // One that is not granted yet is none that the Metadata Adapter knows.
  if (subscription == nullptr || subscription->state() == Subscription::State::kAuthorizing) {
    done(true);
  } else if (!subscription->enable_unsubscription()) {
    done(false);
  } else {
    HandleDelete({.sub_id = sub_id},
                 [done = std::move(done)](const auto& refusal) mutable { done(!refusal); });
  }
}

void Session::Unsubscribe(int sub_id, Duration linger) {
  const auto it = Place(sub_id);
  if (it == subscriptions_.end() || (*it)->id() != sub_id) return;
  const std::unique_ptr<Subscription> dying = std::move(*it);
  subscriptions_.erase(it);
  DropReady(*dying);
  item_count_ -= dying->items().size();
  for (SubscribedItem& item : dying->items()) {
    PENSTOCK_LOG(kSession, kDebug, "unsubscribed", {"session", id()}, {"sub", sub_id},
                 {"item", item.item->name()});
    table_.items().Detach(&item, linger);
  }
  if (dying->table_open()) {
    adapter_set_.metadata->CloseTable(id(), dying->MakeTable());
  }
  // Only when the session closes; whoever waits is told that it is gone.
  const std::unique_ptr<Subscription::Waiting> waiting = dying->TakeWaiting();
  if (waiting == nullptr) return;
  for (auto* const answers : {&waiting->adds, &waiting->deletes}) {
    for (Answer& answer : *answers) {
      answer(tlcp::MakeError(tlcp::RequestCode::kSessionNotFound));
    }
  }
}

}  // namespace penstock::session
