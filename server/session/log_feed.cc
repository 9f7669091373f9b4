// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Each event as it is: RAW, DISTINCT, and MERGE where the client wants every event or a buffer of
// them. A subscriber has a place in the item's log. One that falls behind by more than its buffer
// goes on from the newest events: those between are lost, which RAW and unfiltered subscribers are
// told (OV, TLCP §6.6); a MERGE subscriber loses nothing of the state, since an event in the log
// holds all fields. With a selector, what it does not take is passed over as if it had not been;
// only of events that the log no longer holds nobody knows whether it would have taken them, and
// all of those count as lost.

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
  std::uint64_t unselected = 0;  // that are no loss
  bool clear = false;
};

// Where the buffer begins of a subscriber with a selector: behind all but the newest events that it
// takes, from the oldest of which `from` is.
Position BufferStart(const LocalItem& local, const Selecting& selecting, Position from,
                     std::uint64_t buffer) {
  const EventLog& log = *local.log();
  for (std::size_t i = log.size(); i > 0 && log[i - 1].position > from; --i) {
    const EventLog::Entry& entry = log[i - 1];
    if (entry.is_clear || !selecting.Takes(local, entry.row)) continue;
    if (buffer == 0) return entry.position;
    --buffer;
  }
  return from;
}

// How many of the events behind `from` up to `to` the selector does not take.
std::uint64_t CountUnselected(const LocalItem& local, const Selecting& selecting, Position from,
                              Position to) {
  std::uint64_t count = 0;
  for (const EventLog::Entry* entry = local.log()->After(from);
       entry != nullptr && entry->position <= to; entry = local.log()->After(entry->position)) {
    if (!entry->is_clear && !selecting.Takes(local, entry->row)) ++count;
  }
  return count;
}

// `measured`: the log's end when the last look found no more than the buffer may hold.
Gap FindGap(const LogCursor& cursor, const LocalItem& local, const Selecting* selecting,
            Position measured) {
  const EventLog& log = *local.log();
  Gap gap{cursor.at};
  const std::uint64_t end = log.end().event();
  gap.to = std::max(gap.to, log.dropped());
  if (end - gap.to.event() > cursor.buffer && measured != log.end()) {
    gap.to = selecting == nullptr ? Position(end - cursor.buffer)
                                  : BufferStart(local, *selecting, gap.to, cursor.buffer);
  }
  if (gap.to == cursor.at) return gap;
  // What is lost of the snapshot is no event that the subscriber was offered (TLCP §6.6).
  const Position from = cursor.eos_due ? std::max(cursor.at, cursor.eos_at) : cursor.at;
  gap.events = gap.to.event() - std::min(from.event(), gap.to.event());
  gap.clear = log.dropped_clear() > cursor.at || log.HasClear(cursor.at, gap.to);
  if (selecting != nullptr && gap.events > 0) {
    gap.unselected = CountUnselected(local, *selecting, from, gap.to);
    gap.events -= gap.unselected;
  }
  return gap;
}

// The snapshot of MERGE, which the selector does not take: nothing is told, and what comes is
// offered as ever.
Step PassState(LogCursor& cursor, const LocalItem& local, Context& context) {
  context.counters.unselected += local.generation() - cursor.at.event();
  cursor.needs_state = false;
  cursor.at = Position(local.generation());
  return Step::kNothing;
}

}  // namespace

void StartLog(SubscribedItem& item) {
  const Subscription& subscription = item.subscription();
  LocalItem& local = *item.item;
  LogCursor& cursor = *item.subscription().CursorOf(item.index);
  if (local.view() == View::kMerge) local.KeepLog();
  EventLog& log = *local.log();
  // One more, as the base of what follows.
  log.RaiseLimit(cursor.buffer + 1);
  const bool snapshot = subscription.wants_snapshot();
  if (local.view() == View::kDistinct && !local.snapshot_over()) return;  // when it is
  cursor.started = true;
  cursor.at = log.end();
  if (local.view() == View::kMerge) cursor.needs_state = snapshot && local.generation() != 0;
  if (local.view() == View::kDistinct && snapshot) {
    StartHistory(cursor, log, log.end(), cursor.snapshot_length);
  }
}

bool LogHasNews(SubscribedItem& item) {
  LogCursor& cursor = *item.subscription().CursorOf(item.index);
  const LocalItem& local = *item.item;
  const EventLog& log = *local.log();
  if (!cursor.started) {
    if (!local.snapshot_over()) return false;
    cursor.started = true;
    cursor.at = local.snapshot_end();
    if (item.subscription().wants_snapshot()) {
      StartHistory(cursor, log, local.snapshot_end(), cursor.snapshot_length);
    }
  }
  return cursor.needs_state || (cursor.eos_due && cursor.at >= cursor.eos_at) ||
         cursor.at < log.end();
}

TimePoint LogDue(const SubscribedItem& item) {
  const Pace* const pace = item.subscription().PaceOf(item.index);
  const LogCursor& cursor = *item.subscription().CursorOf(item.index);
  // The snapshot is not subject to the frequency (TLCP §6.5).
  if (pace == nullptr || cursor.needs_state || cursor.eos_due) return {};
  return pace->due;
}

Step AppendLog(SubscribedItem& item, Context& context) {
  Subscription& subscription = item.subscription();
  LogCursor& cursor = *subscription.CursorOf(item.index);
  LocalItem& local = *item.item;
  const EventLog& log = *local.log();
  const int number = static_cast<int>(item.index) + 1;
  if (!LogHasNews(item)) return Step::kNothing;
  TailCache& tails = TailCache::Of(local);
  Selecting* const selecting = subscription.selecting();
  if (cursor.needs_state) {
    if (selecting != nullptr && !selecting->TakesState(local)) {
      return PassState(cursor, local, context);
    }
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
  std::uint64_t unselected = 0;
  const Position measured =
      selecting == nullptr ? Position() : selecting->StateOf(item.index).measured;
  if (const Gap gap = FindGap(cursor, local, selecting, measured); gap.to != cursor.at) {
    skipped = gap.events;
    unselected = gap.unselected;
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
    if (entry->is_snapshot && next.base == Position() && !subscription.wants_snapshot()) {
      ++unchanged;  // a client that wants no snapshot is not given the adapter's
      continue;
    }
    if (selecting != nullptr && !selecting->Takes(local, entry->row)) {
      if (!next.eos_due) ++unselected;  // of the snapshot no event was offered
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
  counters.unselected += unselected;
  if (sent && cursor.eos_due) {
    ++counters.snapshot;
  } else if (sent) {
    Paced(item, context.now);
  }
  cursor = next;
  if (selecting != nullptr) selecting->StateOf(item.index).measured = log.end();
  return context.out.size() == before ? Step::kNothing : Step::kLines;
}

}  // namespace penstock::session::feed
