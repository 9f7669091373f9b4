// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "call_group.h"
#include "counters.h"
#include "log.h"
#include "outbox.h"
#include "penstock/adapter/host_options.h"

namespace penstock::adapter {

// What a session of a connection works with. All outlives the session.
struct SessionContext {
  std::shared_ptr<Outbox> answers;
  std::shared_ptr<Outbox> events;  // the same, but in ARI's two-connection form
  std::shared_ptr<NodeCells> cells;
  const Log* log = nullptr;
  std::string server;
  // Held as long as a call for the session may come or run; see Adapter.
  std::shared_ptr<void> lease;
};

// The requests of one connection, after its init, in whichever protocol they come.
// Owner: shared by its conversation, as long as the connection lasts, and by the calls that it has
// started. Thread: requests come on the reader; the calls that they start run on the pool.
// Invariant: each request is answered, sooner or later, unless the connection or the time that
// Stop() gives is over before.
class Session {
 public:
  virtual ~Session() = default;

  // There will be no more requests: undoes what is open, by calls on the pool. On the reader.
  virtual void EndInput() = 0;

  // A server that asks for more than can be served is read no further, unless `interrupted`. On the
  // reader.
  void WaitForRoom(const HostOptions& options, const std::atomic<bool>& interrupted) {
    // Those that run do not count as waiting, and no more of them run than there are threads.
    const size_t waiting = options.max_pending_requests;
    calls_.WaitForRoom(std::max(waiting, waiting + options.worker_threads), interrupted);
  }

  // The calls that it has started, those that wait included.
  CallGroup& calls() { return calls_; }

 private:
  CallGroup calls_;
};

}  // namespace penstock::adapter
