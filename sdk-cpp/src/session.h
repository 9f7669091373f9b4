// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>

#include "ari/method.h"
#include "ari/version.h"
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
  std::shared_ptr<CounterCells> counters;
  ari::Dialect dialect;
  WorkerPool* pool = nullptr;
  const Log* log = nullptr;
};

// The requests of one connection, after its init: one class for data, one for metadata.
// Owner: the host's core, as long as the connection lasts and its calls run.
// Thread: OnPacket() and EndInput() on the host's thread; the calls that they start on the pool.
class Session {
 public:
  virtual ~Session() = default;

  // A request of the server. Everything that has an id is answered, sooner or later.
  virtual void OnPacket(const ari::PacketHead& head) = 0;

  // There will be no more packets: undoes what is open, by calls on the pool.
  virtual void EndInput() = 0;
};

}  // namespace penstock::adapter
