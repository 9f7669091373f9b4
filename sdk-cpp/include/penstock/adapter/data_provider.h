// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string_view>

#include "penstock/adapter/export.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/subscription.h"
#include "penstock/adapter/types.h"

namespace penstock::adapter {

// What the library keeps of an item when it keeps state at all: with more than one server, and with
// QueuePolicy::kConflate. A server that comes to the item later gets it as snapshot; one that could
// not take events for a while is brought up to date by it.
struct StateRule {
  enum class Kind {
    kAuto,      // kCommand if the item's first update has the fields `key` and `command`, else as
                // kMerge, but not merged by QueuePolicy::kConflate. Wrong for RAW and DISTINCT
    kNone,      // nothing: a later server gets no snapshot. For items of mode RAW
    kMerge,     // the last value of each field
    kDistinct,  // the last events
    kCommand,   // the rows
  };
  Kind kind = Kind::kAuto;
  size_t distinct_events = 10;  // kDistinct only: how many
};

// A source of values: what a Data Adapter implements.
//
// Owner: shared by the user and an AdapterHost, which calls it. One instance serves one host.
// Thread: Init() runs alone, on the host's own thread. Subscribe() and Unsubscribe() run on a pool
// of threads: for one item in order and one at a time, for different items at the same time. They
// may block; a slow call delays its own item, and one thread of the pool. Errors: returned, never
// thrown (an exception is caught and answered as a plain error). Life: Init() comes
// first, and again when a server comes after all connections were lost. An item that no server has
// any more, because each took it back or was lost, gets Unsubscribe(); a server that wants it later
// makes Subscribe() come again.
class PENSTOCK_SDK_EXPORT DataProvider {
 public:
  virtual ~DataProvider();

  // A server opens the adapter (DPI). Called for the first connection, with that server's
  // parameters, before anything else, and again for the next one after all were lost; so it must
  // bear to be called again. An error refuses the server (ED), and the host tries again later.
  virtual Status Init(const Params& params);

  // A server wants the item, the first of them (SUB). Keep `subscription` and send the item's
  // events by it, from any thread, already before this call returns. An error says that there will
  // be no events (SubscriptionError, EU) or that the whole adapter is unusable (FailureError, EF);
  // the handle is closed then, and Unsubscribe() is not called.
  //
  // A subscription that is taken back while it waits for its turn is not shown to the provider at
  // all.
  virtual Status Subscribe(Subscription subscription) = 0;

  // No server has the item any more (USB, or its connection is gone). The handle is closed before
  // this call. An error is only logged by the server.
  virtual Status Unsubscribe(std::string_view item) = 0;

  // Whether Subscribe() will begin with events marked as snapshot and end them by EndOfSnapshot().
  // Asked just before Subscribe(), on the same thread. If not (the default), the library tells the
  // server that the snapshot is over before it starts.
  virtual bool IsSnapshotAvailable(std::string_view item);

  // What to keep of the item's state. Asked as IsSnapshotAvailable() is, and only if state is kept.
  // An adapter with DISTINCT items answers kDistinct for them, and kNone for RAW ones: what is a
  // field's newer value, and what an event of its own, cannot be seen from the events. With kAuto
  // (the default) a server that is full while another is not misses such events for good.
  virtual StateRule RuleOf(std::string_view item);
};

}  // namespace penstock::adapter
