// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Filtered MERGE: no queue and no copy of a value, only the generation that was sent last. What
// came between is merged by not being looked at.

#include "session/feed_kinds.h"
#include "session/tail_cache.h"

namespace penstock::session::feed {

void StartLatest(SubscribedItem& item) { item.SetSent(item.item->generation()); }

bool LatestHasNews(const SubscribedItem& item) {
  const kernel::LocalItem& local = *item.item;
  if (local.generation() == 0) return false;
  if (item.sent_any) return item.sent_generation != local.generation();
  // No snapshot was asked for: the first real-time event comes first.
  return item.subscription->request().snapshot.wanted ||
         local.realtime_generation() > item.sent_generation;
}

Step AppendLatest(SubscribedItem& item, Context& context) {
  if (!LatestHasNews(item)) return Step::kNothing;
  const kernel::LocalItem& local = *item.item;
  const kernel::Generation from = item.sent_any ? item.sent_generation : 0;
  const LineBlock& tail =
      TailCache::Of(*item.item)
          .Tail(*item.item, item.subscription->schema(),
                kernel::Position(context.deltas ? from : 0), kernel::Position(local.generation()));
  if (tail.empty()) {  // what changed is not in the schema
    context.counters.unchanged += local.generation() - item.sent_generation;
    item.SetSent(local.generation());
    return Step::kNothing;
  }
  if (!AppendUpdate(item, tail, context)) return Step::kNoRoom;
  const std::uint64_t events = local.generation() - item.sent_generation;
  context.told_snapshot = local.realtime_generation() <= item.sent_generation;
  if (events == 0) {
    ++context.counters.snapshot;
  } else {
    context.counters.filtered += events - 1;
  }
  item.sent_any = true;
  item.SetSent(local.generation());
  Paced(item, context.now);
  return Step::kLines;
}

}  // namespace penstock::session::feed
