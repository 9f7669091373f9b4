// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capacity.h"
#include "counters.h"
#include "field_numbers.h"
#include "item_writer.h"
#include "kept_state.h"
#include "log.h"
#include "outbox.h"
#include "penstock/adapter/host_options.h"
#include "penstock/adapter/subscription.h"

namespace penstock::adapter {

// What the feeds of a host share. Owner: shared by the host and its feeds, which may outlive it.
// Thread: any.
struct FeedContext {
  QueuePolicy policy = QueuePolicy::kBlock;
  bool keeps_state = false;
  // There is one server, so that nobody needs more than what comes behind its resume token.
  bool may_resume = false;
  // Valid as long as a feed is open.
  const Log* log = nullptr;
  const std::shared_ptr<Capacity> capacity = std::make_shared<Capacity>();
  KeptBudget budget;
  FieldNumbers fields;
  EventCells cells;
};

// The events of one item, from one Subscribe() of the provider to its end, on their way to all
// servers that have the item.
// Owner: shared by the provider's handle, by the item's queue, and by outboxes to which it has
// something to catch up. Thread: any. Lock order: this one's before an outbox's; nobody waits for
// room with it.
// Invariant: a subscriber has been told everything, in order, but for one that lags: that one has
// been told everything up to its `seen`, and gets no event before it has caught up.
class ItemFeed : public std::enable_shared_from_this<ItemFeed> {
 public:
  // `rule` counts only if state is kept. `snapshot_over`: there will be none, so that each
  // subscriber is told its end at once.
  ItemFeed(std::string item, StateRule rule, bool snapshot_over,
           std::shared_ptr<FeedContext> context);
  ~ItemFeed();

  // What the first server offers; before it is attached. The provider may take it until Withdraw().
  void Offer(std::string resume_token);
  void Withdraw();
  // The provider took it, and so has answered the server's request.
  bool has_resumed() const;

  const std::string& item() const { return item_; }
  const std::string& resume_token() const { return resume_token_; }
  bool is_open() const { return open_.load(std::memory_order_acquire); }

  // The provider's side; see Subscription.
  PushResult Update(std::span<const Field> fields, const UpdateMarks& marks);
  PushResult EndOfSnapshot();
  PushResult ClearSnapshot();
  PushResult DeclareDiffOrder(std::span<const FieldDiffOrder> orders);
  bool Resume();
  PushResult Checkpoint(std::string_view resume_token);

  // The servers' side. A server that has the item, and how it is written to: it is told the kept
  // state, then everything.
  void Attach(std::shared_ptr<Outbox> outbox, std::unique_ptr<ItemWriter> writer);
  void Detach(const Outbox* outbox);
  bool Has(const Outbox* outbox) const;
  bool has_subscribers() const;
  // Without one, the next server can step in: it lacks nothing that is kept by the item's rule.
  bool can_pass_on() const;
  // No more events; each further one is answered kClosed.
  void Close();

  // Tells a subscriber that lags what it has missed. On the outbox's writer.
  void CatchUp(const Outbox* outbox);

 private:
  // A server that has the item.
  struct Subscriber {
    std::shared_ptr<Outbox> outbox;
    std::unique_ptr<ItemWriter> writer;
    bool lagging = false;
    uint64_t ticket = 0;  // the outbox's, while it lags
    // While it lags; nullopt: it has been told nothing yet.
    std::optional<KeptState::Position> seen;
    size_t diffs_seen = 0;
    uint64_t undecided = 0;  // events that it missed, and may still be told
    bool snapshot_over = false;
    PushResult last = PushResult::kOk;  // of the event under way
  };
  struct DiffOrder {
    std::string field;
    std::vector<DiffAlgorithm> algorithms;
  };

  // Offers an event to each subscriber by `push`. kOk: it was taken, by a queue or by the state;
  // those that had no room lag now. Waits for room if the policy says so, without the lock.
  template <class Push>
  PushResult Send(std::unique_lock<std::mutex>* lock, Push push);
  bool MayLag() const;
  // Waits for a change of the capacity since `seen`, without the lock.
  void WaitForChange(uint64_t seen, std::unique_lock<std::mutex>* lock);
  // False if it has room after all.
  bool Lag(Subscriber* subscriber);
  // It is told nothing more, and what it missed is lost.
  static void LetGo(const Subscriber& subscriber);
  // Those that lag will be told of the event under way by the state.
  void CountConflated();
  void CountMissedUpdate();
  void EndSnapshotForAll();
  // The offer was not taken: all is told from the beginning.
  void BeginAnew();
  // In the log, without the lock, which it gives up.
  void TellGivenUp(std::unique_lock<std::mutex>* lock);
  PushResult SendItemEvent(std::unique_lock<std::mutex>* lock, ItemEvent event);

  // Tells all that the subscriber has missed, whatever the room.
  void TellMissed(Subscriber* subscriber);
  // All append events, and return their number.
  size_t WriteMissed(Subscriber* subscriber, std::string* out, uint64_t* updates);
  size_t WriteDiffOrders(const Subscriber& subscriber, std::string* out) const;
  size_t WriteSnapshotEnd(Subscriber* subscriber, std::string* out) const;

  const std::string item_;
  const std::shared_ptr<FeedContext> context_;
  std::string resume_token_;  // fixed once the provider has the handle
  std::atomic<bool> open_{true};
  std::atomic<bool> logging_{false};

  mutable std::mutex mutex_;
  std::vector<Subscriber> subscribers_;
  std::optional<KeptState> kept_;
  std::vector<DiffOrder> diffs_;  // kept with the state: the first word on each field
  std::string kept_token_;        // with the state: the last one
  bool offered_ = false;          // of `resume_token_`, and not decided
  bool resumed_ = false;          // so that the state is not whole
  bool snapshot_over_ = false;
};

}  // namespace penstock::adapter
