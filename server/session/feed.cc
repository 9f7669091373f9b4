// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/feed.h"

#include <algorithm>

#include "session/feed_kinds.h"
#include "tlcp/update_encoder.h"

namespace penstock::session::feed {

namespace {
constexpr std::uint64_t kFarthestBase = 32;  // events
}  // namespace

void Start(SubscribedItem& item, const Options& options) {
  switch (item.subscription().feed()) {
    case FeedKind::kLatest:
      return StartLatest(item);
    case FeedKind::kLog:
      StartLog(item);
      break;
    case FeedKind::kRows:
      StartRows(item);
      break;
  }
  kernel::EventLog& log = *item.item->log();
  log.LimitBytes(options.max_buffer_bytes);
  // Those that a selector keeps back take no place in the subscriber's buffer, but in the log.
  if (item.subscription().selecting() != nullptr) {
    log.RaiseLimit(static_cast<std::size_t>(options.max_buffer_size) + 1);
  }
}

bool HasNews(SubscribedItem& item) {
  switch (item.subscription().feed()) {
    case FeedKind::kLatest:
      return LatestHasNews(item);
    case FeedKind::kLog:
      return LogHasNews(item);
    case FeedKind::kRows:
      return RowsHaveNews(item);
  }
  return false;
}

TimePoint Due(SubscribedItem& item) {
  switch (item.subscription().feed()) {
    case FeedKind::kLatest: {
      const Pace* const pace = item.subscription().PaceOf(item.index);
      return pace == nullptr ? TimePoint() : pace->due;
    }
    case FeedKind::kLog:
      return LogDue(item);
    case FeedKind::kRows:
      return RowsDue(item);
  }
  return {};
}

TimePoint DueInCompany(SubscribedItem& item, Duration window) {
  const TimePoint due = Due(item);
  const Pace* const pace = item.subscription().PaceOf(item.index);
  if (pace == nullptr || item.subscription().feed() != FeedKind::kLatest) return due;
  return std::max(pace->earliest, due - std::min(window + pace->interval / 8, pace->interval / 2));
}

namespace {

Step AppendStep(SubscribedItem& item, Context& context) {
  switch (item.subscription().feed()) {
    case FeedKind::kLatest:
      return AppendLatest(item, context);
    case FeedKind::kLog:
      return AppendLog(item, context);
    case FeedKind::kRows:
      return AppendRows(item, context);
  }
  return Step::kNothing;
}

}  // namespace

// What the step adds to the counters is what it adds to the item's own.
Step Append(SubscribedItem& item, Context& context) {
  ItemStatistics* const statistics = item.subscription().StatisticsOf(item.index);
  if (statistics == nullptr) return AppendStep(item, context);
  const PumpCounters before = context.counters;
  context.told_snapshot = false;
  const Step step = AppendStep(item, context);
  if (context.told_snapshot) return step;
  const PumpCounters& after = context.counters;
  statistics->real_time += (after.updates - after.snapshot) - (before.updates - before.snapshot);
  statistics->lost += after.lost - before.lost;
  statistics->filtered += after.filtered - before.filtered;
  statistics->unselected += after.unselected - before.unselected;
  return step;
}

kernel::Position Needed(const SubscribedItem& item) {
  const LogCursor* const cursor = item.subscription().CursorOf(item.index);
  if (cursor == nullptr || !cursor->started || cursor->needs_state) {
    return kernel::Position(UINT64_MAX >> 8, UINT8_MAX);
  }
  if (cursor->base == kernel::Position()) return cursor->at;
  // A selector may keep back any number of events: they are not kept for a shorter next update.
  const bool is_far = cursor->at.event() > cursor->base.event() + kFarthestBase;
  if (is_far && item.subscription().selecting() != nullptr) return cursor->at;
  return std::min(cursor->base, cursor->at);
}

bool HasRoom(std::size_t before, Context& context) {
  if (!context.must_fit || context.out.size() <= context.most) return true;
  context.out.resize(before);
  return false;
}

bool AppendUpdate(const SubscribedItem& item, const LineBlock& tail, Context& context) {
  const std::size_t before = context.out.size();
  tlcp::AppendUpdatePrefix(item.subscription().id(), static_cast<int>(item.index) + 1, context.out);
  context.out += tail;
  if (!HasRoom(before, context)) return false;
  if (context.keeps_tail) {
    context.tail = tail;
    context.tail_line = before;
  }
  ++context.counters.updates;
  return true;
}

void Paced(const SubscribedItem& item, TimePoint now) {
  Pace* const pace = item.subscription().PaceOf(item.index);
  if (pace == nullptr) return;
  pace->due = NextDue(pace->due, now, pace->interval);
  pace->earliest = now + pace->interval / 2;
}

}  // namespace penstock::session::feed
