// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "capacity.h"
#include "counters.h"
#include "outlet.h"
#include "page_buffer.h"
#include "penstock/adapter/subscription.h"

namespace penstock::adapter {

class ItemFeed;

// What waits to be written to one connection, and the loop that writes it: each time all that there
// is. Events are bounded. Items of which an event found no room are
// noted; the loop has them catch up when there is room.
// Owner: shared by the connection and by the feeds of the items that it has. Thread: any may push;
// one thread runs WriterLoop(). Life: open, then closed for ever, by Close(), by a write error, or
// at the end of Finish(). Lock order: a feed's lock before this one's. Invariant: while a write
// lasts, items lag only if there is no room.
class Outbox {
 public:
  using Clock = std::chrono::steady_clock;

  Outbox(size_t max_bytes, std::shared_ptr<NodeCells> cells);

  // Events may come from now on, and `capacity` is told whether there is room for them.
  void JoinCapacity(std::shared_ptr<Capacity> capacity);

  // Queues an event, given in parts. kFull: there was no room.
  PushResult PushEvent(std::string_view time, std::string_view head, std::string_view tail);
  // Whatever the room: for answers, of which a peer gets no more than it asked for (see Node, which
  // reads nothing from a peer that leaves too many of them), and for what an item has to catch up.
  // `events`: how many of it are events. False when closed.
  bool PushAnswer(std::string_view bytes, size_t events = 0);

  // `feed` has missed something, and shall catch up when there is room. Returns a ticket, 0:
  // closed; nullopt: there is room, nothing was noted.
  std::optional<uint64_t> NoteLagging(std::shared_ptr<ItemFeed> feed);
  // The holder of the ticket has nothing to catch up any more.
  void ForgetLagging(uint64_t ticket);

  // `line`, a constant, goes out after this much silence; zero: never.
  void SetKeepalive(std::chrono::milliseconds interval, std::string_view line);

  // Drops what is queued, wakes all who wait, ends the loop once its system call returns.
  void Close();
  // Ends the loop once everything queued is written. Pushing is still possible until then.
  void Finish();
  // False if the loop has not ended by then.
  bool WaitWriterDone(Clock::time_point deadline);

  // Writes to `outlet` until Close(), Finish() or an error. At its end the queue is closed.
  void WriterLoop(Outlet* outlet);

  NodeCells& cells() { return *cells_; }
  bool is_closed();
  // Why a write failed; empty if none did.
  std::string failure();
  size_t queued_bytes();
  // Of answers among them, without what an item has caught up.
  size_t queued_answer_bytes();

 private:
  // Lets lagging items catch up as long as there is room.
  void CatchUp();
  // The next one, as long as there is room.
  std::shared_ptr<ItemFeed> NextLagging();
  // Waits for work; swaps it into *batch. False: nothing more to write.
  bool NextBatch(PageBuffer* batch);
  void SetFull(bool full);

  const size_t max_bytes_;
  const std::shared_ptr<NodeCells> cells_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  PageBuffer queue_;
  size_t queued_answer_bytes_ = 0;
  size_t queued_events_ = 0;
  size_t batch_events_ = 0;
  std::map<uint64_t, std::shared_ptr<ItemFeed>> lagging_;  // by ticket: who came first is first
  uint64_t last_ticket_ = 0;
  std::shared_ptr<Capacity> capacity_;
  bool full_ = false;  // an event found no room, or an item lags that has not caught up
  Clock::time_point last_write_;
  std::chrono::milliseconds keepalive_{0};
  std::string_view keepalive_line_;
  bool closed_ = false;
  bool finishing_ = false;
  bool writer_done_ = false;
  std::string failure_;
};

}  // namespace penstock::adapter
