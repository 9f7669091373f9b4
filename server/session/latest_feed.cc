// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// Filtered MERGE: no queue and no copy of a value, only the generation that was sent last. What
// came between is merged by not being looked at. With a selector the state goes that is there when
// its time has come, if the selector takes it; if not, the next one is waited for.

#include <algorithm>

#include "session/feed_kinds.h"
#include "session/tail_cache.h"

namespace penstock::session::feed {

namespace {

// Events since this generation have not been accounted for.
kernel::Generation CountedUpTo(const SubscribedItem& item) {
  Selecting* const selecting = item.subscription().selecting();
  if (selecting == nullptr) return item.sent_generation;
  return std::max<kernel::Generation>(item.sent_generation,
                                      selecting->StateOf(item.index).kept_back);
}

}  // namespace

void StartLatest(SubscribedItem& item) { item.SetSent(item.item->generation()); }

bool LatestHasNews(const SubscribedItem& item) {
  const kernel::LocalItem& local = *item.item;
  if (local.generation() == 0) return false;
  if (item.sent_any) {
    if (item.sent_generation == local.generation()) return false;
  } else if (!item.subscription().wants_snapshot() &&
             local.realtime_generation() <= item.sent_generation) {
    return false;  // no snapshot was asked for: the first real-time event comes first
  }
  Selecting* const selecting = item.subscription().selecting();
  return selecting == nullptr || selecting->StateOf(item.index).kept_back != local.generation();
}

Step AppendLatest(SubscribedItem& item, Context& context) {
  if (!LatestHasNews(item)) return Step::kNothing;
  const kernel::LocalItem& local = *item.item;
  const std::uint64_t events = local.generation() - CountedUpTo(item);
  Selecting* const selecting = item.subscription().selecting();
  if (selecting != nullptr && !selecting->TakesState(local)) {
    context.told_snapshot = local.realtime_generation() <= CountedUpTo(item);
    context.counters.unselected += events;
    selecting->StateOf(item.index).kept_back = local.generation();
    return Step::kNothing;
  }
  const kernel::Generation from = item.sent_any ? item.sent_generation : 0;
  const LineBlock& tail =
      TailCache::Of(*item.item)
          .Tail(*item.item, item.subscription().schema(),
                kernel::Position(context.deltas ? from : 0), kernel::Position(local.generation()));
  if (tail.empty()) {  // what changed is not in the schema
    context.counters.unchanged += events;
    item.SetSent(local.generation());
    return Step::kNothing;
  }
  if (!AppendUpdate(item, tail, context)) return Step::kNoRoom;
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
