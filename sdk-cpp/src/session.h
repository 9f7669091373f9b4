// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "ari/method.h"
#include "ari/version.h"
#include "call_group.h"
#include "counters.h"
#include "log.h"
#include "outbox.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/types.h"
#include "worker_pool.h"

namespace penstock::adapter {

// What a session of a connection works with. All outlives the session.
struct SessionContext {
  std::shared_ptr<Outbox> answers;
  std::shared_ptr<Outbox> events;  // the same, but in the two-connection form
  std::shared_ptr<NodeCells> cells;
  ari::Dialect dialect;
  const Log* log = nullptr;
  std::string server;
  // Held as long as a call for the session may come or run; see Adapter.
  std::shared_ptr<void> lease;
};

// The requests of one connection, after its init: one class for data, one for metadata.
// Owner: shared by its node, as long as the connection lasts, and by the calls that it has started.
// Thread: OnPacket() and EndInput() on the node's thread; the calls that they start on the pool.
class Session {
 public:
  virtual ~Session() = default;

  // A request of the server. What has an id is answered, sooner or later, unless the connection or
  // the time that Stop() gives is over before.
  virtual void OnPacket(const ari::PacketHead& head) = 0;

  // There will be no more packets: undoes what is open, by calls on the pool.
  virtual void EndInput() = 0;

  // The calls that it has started, those that wait included.
  CallGroup& calls() { return calls_; }

 private:
  CallGroup calls_;
};

}  // namespace penstock::adapter
