// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/item_registry.h"
#include "runtime/shard.h"
#include "session/options.h"

namespace penstock::session {

class LinkBatch;
class Session;

// What the pump counts; `updates / flushes` explains all other figures. Of the events that a
// subscriber is offered each is sent, filtered, unchanged, unselected or lost in the end:
//   events = (updates - snapshot) + filtered + lost + unchanged + unselected
// Read by its shard only.
struct PumpCounters {
  std::uint64_t updates = 0;   // `U` lines
  std::uint64_t snapshot = 0;  // of those, the ones that tell a state and no event
  std::uint64_t filtered =
      0;  // events merged into later ones or into the snapshot, or dropped by a limit
  std::uint64_t unchanged = 0;   // events that changed nothing the client has asked to see
  std::uint64_t unselected = 0;  // events that a selector kept back
  std::uint64_t lost = 0;        // events that clients were told they lost
  std::uint64_t flushes = 0;     // writes to links
  std::uint64_t bytes = 0;       // of lines
  std::uint64_t marks = 0;       // items told to sessions
};

// Writes for all sessions of a shard, once, at the end of each turn: tells sessions which of their
// items changed, then lets every ready session compose and send. Nothing else writes updates.
// Owned by the SessionTable. Shard: own.
class Pump final : public runtime::TurnHook {
 public:
  // `options` may be filled in until the first turn.
  Pump(runtime::Shard& shard, kernel::ItemRegistry& items, const Options& options);
  ~Pump() override;

  // `session` is flushed at the end of this turn.
  void Ready(Session& session);
  void Forget(Session& session);

  // The coalescing window in force: the configured one; if it is adaptive, none while the shard has
  // time to spare, and whole when it is busy.
  Duration window() const;
  PumpCounters& counters() { return counters_; }
  // Null: each link writes by itself.
  void SetBatch(LinkBatch* batch) { batch_ = batch; }

  void OnEndTurn() override;
  bool HasWork() const override { return !ready_.empty(); }

 private:
  void Flush(std::size_t begin, std::size_t end);
  void TellSettled();
  void TellDirty();
  void Trim(kernel::LocalItem& local);

  runtime::Shard& shard_;
  kernel::ItemRegistry& items_;
  const Options& options_;
  LinkBatch* batch_ = nullptr;
  std::vector<Session*> ready_;
  std::vector<Session*> flushing_;
  std::size_t rotation_ = 0;  // so that not the same sessions are always last
  PumpCounters counters_;
};

}  // namespace penstock::session
