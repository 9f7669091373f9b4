// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Each event as it is: RAW, DISTINCT, and MERGE where the client wants every event or a buffer of
// them. A subscriber has a place in the item's log. One that falls behind by more than its buffer
// goes on from the newest events: those between are lost, which RAW and unfiltered subscribers are
// told (OV, TLCP §6.6); a MERGE subscriber loses nothing of the state, since an event in the log
// holds all fields.

#include <algorithm>

#include "session/feed_kinds.h"
#include "session/tail_cache.h"
#include "tlcp/line_writer.h"

namespace penstock::session::feed {

using kernel::EventLog;
using kernel::LocalItem;
using kernel::Position;
using kernel::View;

namespace {

// DISTINCT: the last `length` events since the last clear, and where they end.
void StartHistory(LogCursor& cursor, const EventLog& log, Position end, std::uint64_t length) {
  const std::uint64_t first = end.event() > length ? end.event() - length : 0;
  cursor.at = std::max({Position(first), std::min(log.last_clear(), end), log.dropped()});
  cursor.at = std::min(cursor.at, end);
  cursor.eos_at = end;
  cursor.eos_due = true;
}

// How many events stand between the cursor and the oldest one that it may still have.
struct Gap {
  Position to;
  std::uint64_t events = 0;
  bool clear = false;
};

Gap FindGap(const LogCursor& cursor, const EventLog& log, std::uint64_t buffer) {
  Gap gap{cursor.at};
  const std::uint64_t end = log.end().event();
  gap.to = std::max(gap.to, log.dropped());
  if (end - gap.to.event() > buffer) gap.to = Position(end - buffer);
  if (gap.to == cursor.at) return gap;
  // What is lost of the snapshot is no event that the subscriber was offered (TLCP §6.6).
  const Position from = cursor.eos_due ? std::max(cursor.at, cursor.eos_at) : cursor.at;
  gap.events = gap.to.event() - std::min(from.event(), gap.to.event());
  gap.clear = log.dropped_clear() > cursor.at || log.HasClear(cursor.at, gap.to);
  return gap;
}

}  // namespace

void StartLog(SubscribedItem& item) {
  const Subscription& subscription = *item.subscription;
  LocalItem& local = *item.item;
  LogCursor& cursor = *item.subscription->CursorOf(item.index);
  if (local.view() == View::kMerge) local.KeepLog();
  EventLog& log = *local.log();
  // One more, as the base of what follows.
  log.RaiseLimit(cursor.buffer + 1);
  const bool snapshot = subscription.request().snapshot.wanted;
  if (local.view() == View::kDistinct && !local.snapshot_over()) return;  // when it is
  cursor.started = true;
  cursor.at = log.end();
  if (local.view() == View::kMerge) cursor.needs_state = snapshot && local.generation() != 0;
  if (local.view() == View::kDistinct && snapshot) {
    StartHistory(cursor, log, log.end(), cursor.snapshot_length);
  }
}

bool LogHasNews(SubscribedItem& item) {
  LogCursor& cursor = *item.subscription->CursorOf(item.index);
  const LocalItem& local = *item.item;
  const EventLog& log = *local.log();
  if (!cursor.started) {
    if (!local.snapshot_over()) return false;
    cursor.started = true;
    cursor.at = local.snapshot_end();
    if (item.subscription->request().snapshot.wanted) {
      StartHistory(cursor, log, local.snapshot_end(), cursor.snapshot_length);
    }
  }
  return cursor.needs_state || (cursor.eos_due && cursor.at >= cursor.eos_at) ||
         cursor.at < log.end();
}

TimePoint LogDue(const SubscribedItem& item) {
  const Pace* const pace = item.subscription->PaceOf(item.index);
  const LogCursor& cursor = *item.subscription->CursorOf(item.index);
  // The snapshot is not subject to the frequency (TLCP §6.5).
  if (pace == nullptr || cursor.needs_state || cursor.eos_due) return {};
  return pace->due;
}

Step AppendLog(SubscribedItem& item, Context& context) {
  Subscription& subscription = *item.subscription;
  LogCursor& cursor = *subscription.CursorOf(item.index);
  LocalItem& local = *item.item;
  const EventLog& log = *local.log();
  const int number = static_cast<int>(item.index) + 1;
  if (!LogHasNews(item)) return Step::kNothing;
  TailCache& tails = TailCache::Of(local);
  if (cursor.needs_state) {
    const Position now(local.generation());
    if (!AppendUpdate(item, tails.Tail(local, subscription.schema(), Position(), now), context)) {
      return Step::kNoRoom;
    }
    ++context.counters.snapshot;
    // What came between the subscription and its first flush is merged into the snapshot.
    context.counters.filtered += now.event() - cursor.at.event();
    cursor.needs_state = false;
    cursor.at = cursor.base = now;
    Paced(item, context.now);
    return Step::kLines;
  }
  const std::size_t before = context.out.size();
  LogCursor next = cursor;
  bool sent = false;
  std::uint64_t skipped = 0;
  if (const Gap gap = FindGap(cursor, log, cursor.buffer); gap.to != cursor.at) {
    skipped = gap.events;
    next.at = gap.to;
    if (subscription.unfiltered() && gap.events > 0) {
      tlcp::AppendOv(subscription.id(), number, gap.events, context.out);
    }
    if (gap.clear) tlcp::AppendCs(subscription.id(), number, context.out);
  }
  std::uint64_t unchanged = 0;
  while (true) {
    if (next.eos_due && next.at >= next.eos_at) {
      next.eos_due = false;
      tlcp::AppendEos(subscription.id(), number, context.out);
      break;
    }
    const EventLog::Entry* const entry = log.After(next.at);
    if (entry == nullptr) break;
    next.at = entry->position;
    if (entry->is_clear) {
      tlcp::AppendCs(subscription.id(), number, context.out);
      break;
    }
    if (entry->is_snapshot && next.base == Position() && !subscription.request().snapshot.wanted) {
      ++unchanged;  // a client that wants no snapshot is not given the adapter's
      continue;
    }
    const Position base = context.deltas ? next.base : Position();
    const LineBlock& tail = tails.Tail(local, subscription.schema(), base, entry->position);
    if (base != Position()) next.base = entry->position;
    if (tail.empty()) {
      ++unchanged;
      continue;
    }
    if (!AppendUpdate(item, tail, context)) {
      context.out.resize(before);
      return Step::kNoRoom;
    }
    next.base = entry->position;
    context.told_snapshot = entry->is_snapshot;
    sent = true;
    break;
  }
  if (!HasRoom(before, context)) return Step::kNoRoom;
  PumpCounters& counters = context.counters;
  (subscription.unfiltered() ? counters.lost : counters.filtered) += skipped;
  counters.unchanged += unchanged;
  if (sent && cursor.eos_due) {
    ++counters.snapshot;
  } else if (sent) {
    Paced(item, context.now);
  }
  cursor = next;
  return context.out.size() == before ? Step::kNothing : Step::kLines;
}

}  // namespace penstock::session::feed
