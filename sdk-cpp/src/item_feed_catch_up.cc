// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What a feed does for servers that were told nothing for a while: because they had no room, or
// because they have come behind others.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "item_feed.h"

namespace penstock::adapter {

// Before the event that it misses first becomes part of the state.
bool ItemFeed::Lag(Subscriber* subscriber) {
  const auto ticket = subscriber->outbox->NoteLagging(shared_from_this());
  if (!ticket) return false;
  subscriber->ticket = *ticket;
  subscriber->lagging = true;
  subscriber->seen = kept_->position();
  subscriber->diffs_seen = diffs_.size();
  return true;
}

void ItemFeed::LetGo(const Subscriber& subscriber) {
  subscriber.outbox->cells().lost.Add(subscriber.undecided);
  subscriber.outbox->ForgetLagging(subscriber.ticket);
}

void ItemFeed::CatchUp(const Outbox* outbox) {
  const std::lock_guard lock(mutex_);
  for (Subscriber& one : subscribers_) {
    if (one.outbox.get() != outbox || !one.lagging) continue;
    if (one.seen) one.outbox->cells().resyncs.Add();
    TellMissed(&one);
    context_->capacity->Wake();
  }
}

void ItemFeed::TellMissed(Subscriber* subscriber) {
  std::string missed;
  uint64_t updates = 0;
  const size_t count = WriteMissed(subscriber, &missed, &updates);
  NodeCells& cells = subscriber->outbox->cells();
  // Of the events that it missed, the youngest are those that it is told now as they were.
  const uint64_t told = std::min(updates, subscriber->undecided);
  cells.events.Add(told);
  cells.lost.Add(subscriber->undecided - told);
  cells.state_events.Add(count - told);
  subscriber->undecided = 0;
  subscriber->outbox->ForgetLagging(subscriber->ticket);
  subscriber->lagging = false;
  subscriber->seen.reset();
  if (!missed.empty()) subscriber->outbox->PushAnswer(missed, count);
}

size_t ItemFeed::WriteMissed(Subscriber* subscriber, std::string* out, uint64_t* updates) {
  size_t count = WriteDiffOrders(*subscriber, out);
  if (kept_) {
    // MERGE has one snapshot event at most; what comes behind it is no snapshot (ari.md 4.4).
    const bool merge_has_it = kept_->kind() == StateRule::Kind::kMerge && subscriber->seen &&
                              subscriber->seen->updates > 0;
    bool snapshot = !subscriber->snapshot_over && !merge_has_it;
    if (merge_has_it) count += WriteSnapshotEnd(subscriber, out);
    *updates = kept_->Replay(
        subscriber->seen,
        [&] {
          subscriber->writer->AppendEvent(ItemEvent::kClearSnapshot, out);
          ++count;
          subscriber->snapshot_over = true;
          snapshot = false;
        },
        [&](std::span<const Field> fields) {
          subscriber->writer->AppendUpdate(fields, snapshot, out);
        });
    count += *updates;
  }
  count += WriteSnapshotEnd(subscriber, out);
  // Behind all of it: whoever has only a part of this cannot go on from here.
  if (!kept_token_.empty() && !kept_->given_up()) subscriber->writer->AppendToken(kept_token_, out);
  return count;
}

size_t ItemFeed::WriteSnapshotEnd(Subscriber* subscriber, std::string* out) const {
  if (!snapshot_over_ || subscriber->snapshot_over || offered_) return 0;
  subscriber->writer->AppendEvent(ItemEvent::kEndOfSnapshot, out);
  subscriber->snapshot_over = true;
  return 1;
}

size_t ItemFeed::WriteDiffOrders(const Subscriber& subscriber, std::string* out) const {
  if (subscriber.diffs_seen >= diffs_.size()) return 0;
  std::vector<FieldDiffOrder> orders;
  for (size_t i = subscriber.diffs_seen; i < diffs_.size(); ++i) {
    orders.push_back({diffs_[i].field, diffs_[i].algorithms});
  }
  return subscriber.writer->AppendDiffOrders(orders, out) ? 1 : 0;
}

}  // namespace penstock::adapter
