// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "penstock/adapter/export.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/subscription.h"
#include "penstock/adapter/types.h"

namespace penstock::adapter {

// A source of values: what a Data Adapter implements.
//
// Owner: shared by the user and an AdapterHost, which calls it. One instance serves one host.
// Thread: Init() runs alone, on the host's own thread. Subscribe() and Unsubscribe() run on a pool
// of threads: for one item in order and one at a time, for different items at the same time. They
// may block; a slow call delays its own item, and one thread of the pool. Errors: returned, never
// thrown (an exception is caught and answered as a plain error). Life: Init() opens each
// connection. When the connection is lost, each subscribed item gets Unsubscribe(); then the host
// connects anew, and Init() and Subscribe() come again.
class PENSTOCK_SDK_EXPORT DataProvider {
 public:
  virtual ~DataProvider();

  // The server opens the adapter (DPI). Called once a connection, before anything else; so it must
  // bear to be called again. An error refuses the server (ED), and the host tries again later.
  virtual Status Init(const Params& params);

  // The item has its first subscriber (SUB). Keep `subscription` and send the item's events by it,
  // from any thread, already before this call returns. An error says that there will be no events
  // (SubscriptionError, EU) or that the whole adapter is unusable (FailureError, EF); the handle is
  // closed then, and Unsubscribe() is not called.
  //
  // A subscription that is taken back while it waits for its turn is not shown to the provider at
  // all.
  virtual Status Subscribe(Subscription subscription) = 0;

  // The item has lost its last subscriber (USB), or the connection is gone. The handle is closed
  // before this call. An error is only logged by the server.
  virtual Status Unsubscribe(std::string_view item) = 0;

  // Whether Subscribe() will begin with events marked as snapshot and end them by EndOfSnapshot().
  // Asked just before Subscribe(), on the same thread. If not (the default), the library tells the
  // server that the snapshot is over before it starts.
  virtual bool IsSnapshotAvailable(std::string_view item);
};

}  // namespace penstock::adapter
