// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "kernel/event.h"
#include "session/line_block.h"
#include "session/pump.h"
#include "session/subscription.h"

// What one subscribed item has to say, step by step, as lines of the protocol. Three ways, chosen
// when the subscription becomes active (Subscription::feed()):
//
//   kLatest  filtered MERGE: the newest values, whatever came between (latest_feed.cc)
//   kLog     each event: RAW, DISTINCT, unfiltered or buffered MERGE (log_feed.cc)
//   kRows    COMMAND: rows by key (row_feed.cc)
//
// Shard: the session's. Only the pump's flush calls Append().
namespace penstock::session::feed {

// Where the lines go and what bounds them.
struct Context {
  std::string& out;
  TimePoint now;
  // Nothing may make `out` larger than that, if `must_fit`: the first line of a response always
  // goes, or a long one would never.
  std::size_t most;
  bool must_fit;
  bool deltas;  // false: every update is complete
  PumpCounters& counters;
  bool keeps_tail = false;
  // With `keeps_tail`: the last line of a step, if it is an update whose bytes others share, begins
  // in `out` at `tail_line` and ends in `tail`.
  LineBlock tail{};
  std::size_t tail_line = 0;
  // The last step told the adapter's snapshot and nothing behind it: no real-time event, whatever
  // the counters call it.
  bool told_snapshot = false;
};

enum class Step : std::uint8_t {
  kNothing,  // there was nothing to say
  kLines,    // the lines of one step were appended
  kNoRoom,   // nothing was appended, though there is something to say
};

// Called once, when the subscription becomes active and its item is attached.
void Start(SubscribedItem& item, const Options& options);
// Is there something that this subscriber has not been told, whether its time has come or not?
bool HasNews(SubscribedItem& item);
// When the next of it may go: its frequency. In the past if nothing stands in the way.
TimePoint Due(SubscribedItem& item);
// When it may go along with others, a little early: items of one frequency, each with its own time,
// would cost a write each. The rhythm stays (NextDue()), so the average is what was granted.
TimePoint DueInCompany(SubscribedItem& item, Duration window);
Step Append(SubscribedItem& item, Context& context);
// The oldest event that the item's log must keep for this subscriber; max if it needs none.
kernel::Position Needed(const SubscribedItem& item);

}  // namespace penstock::session::feed
