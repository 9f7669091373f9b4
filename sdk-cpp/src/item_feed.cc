// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "item_feed.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ari/data_messages.h"
#include "update_tail.h"
#include "wall_clock.h"

namespace penstock::adapter {
namespace {

using std::chrono::steady_clock;

std::string Letters(const FieldDiffOrder& order) {
  std::string letters;
  for (const DiffAlgorithm algorithm : order.algorithms) {
    letters.push_back(algorithm == DiffAlgorithm::kJsonPatch ? 'J' : 'M');
  }
  return letters;
}

}  // namespace

ItemFeed::ItemFeed(std::string item, StateRule rule, bool snapshot_over,
                   std::shared_ptr<FeedContext> context)
    : item_(std::move(item)), context_(std::move(context)), snapshot_over_(snapshot_over) {
  if (context_->keeps_state) kept_.emplace(rule, &context_->budget);
}

ItemFeed::~ItemFeed() = default;

template <class Push>
PushResult ItemFeed::Send(std::unique_lock<std::mutex>* lock, Push push) {
  bool waited = false;
  while (is_open()) {
    const uint64_t changes = context_->capacity->changes();
    bool taken = false;
    bool missed = false;
    for (Subscriber& one : subscribers_) {
      if (!one.lagging) {
        one.last = push(one);
      } else {
        one.last = one.outbox->is_closed() ? PushResult::kClosed : PushResult::kFull;
      }
      if (one.last == PushResult::kOk) taken = true;
      if (one.last == PushResult::kFull) missed = true;
    }
    if (!taken && !missed) {
      // Those that had the item have lost their connections. The next server that wants it gets the
      // kept state; without one, the provider is about to hear of the end.
      if (kept_) return PushResult::kOk;
      break;
    }
    if (!missed) return PushResult::kOk;
    if (taken || MayLag()) {
      for (Subscriber& one : subscribers_) {
        if (one.last == PushResult::kFull && !one.lagging) Lag(&one);
      }
      return PushResult::kOk;
    }
    if (context_->policy == QueuePolicy::kRefuse) {
      context_->cells.refused.Add();
      return PushResult::kFull;
    }
    if (!std::exchange(waited, true)) context_->cells.blocked.Add();
    WaitForChange(changes, lock);
  }
  context_->cells.closed.Add();
  return PushResult::kClosed;
}

// For an event that no subscriber has taken, but some would if they had room. What the state could
// not tell any of them later must not be missed, whatever room the servers without the item have.
bool ItemFeed::MayLag() const {
  const auto bears_it = [&](const Subscriber& one) {
    return one.last == PushResult::kFull && kept_->CanTellAfter(one.undecided);
  };
  if (!kept_ || std::none_of(subscribers_.begin(), subscribers_.end(), bears_it)) return false;
  if (!context_->capacity->exhausted()) return true;
  return context_->policy == QueuePolicy::kConflate && kept_->is_declared_merge();
}

void ItemFeed::WaitForChange(uint64_t seen, std::unique_lock<std::mutex>* lock) {
  lock->unlock();
  const auto start = steady_clock::now();
  context_->capacity->Wait(seen);
  context_->cells.blocked_micros.Add(static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start).count()));
  lock->lock();
}

// Before the event that it misses first becomes part of the state.
void ItemFeed::Lag(Subscriber* subscriber) {
  subscriber->lagging = true;
  subscriber->seen = kept_->position();
  subscriber->diffs_seen = diffs_.size();
  subscriber->ticket = subscriber->outbox->NoteLagging(shared_from_this());
}

void ItemFeed::LetGo(const Subscriber& subscriber) {
  subscriber.outbox->cells().lost.Add(subscriber.undecided);
  subscriber.outbox->ForgetLagging(subscriber.ticket);
}

void ItemFeed::CountConflated() {
  for (const Subscriber& one : subscribers_) {
    if (one.lagging) one.outbox->cells().conflated.Add();
  }
}

void ItemFeed::CountMissedUpdate() {
  const bool each_counts =
      kept_->kind() == StateRule::Kind::kDistinct || kept_->kind() == StateRule::Kind::kNone;
  if (!each_counts) return CountConflated();
  for (Subscriber& one : subscribers_) {
    if (one.lagging) ++one.undecided;
  }
}

void ItemFeed::EndSnapshotForAll() {
  if (snapshot_over_) return;
  snapshot_over_ = true;
  for (Subscriber& one : subscribers_) {
    if (!one.lagging) one.snapshot_over = true;
  }
}

PushResult ItemFeed::Update(std::span<const Field> fields, bool snapshot) {
  UpdateTail tail(fields, snapshot);
  const std::string_view time = TimestampText();
  std::unique_lock lock(mutex_);
  if (kept_) kept_->Decide(fields);
  const PushResult result = Send(&lock, [&](const Subscriber& one) {
    return one.outbox->PushEvent(time, one.update_head, tail.In(one.encoding));
  });
  if (result != PushResult::kOk) return result;
  if (!snapshot) EndSnapshotForAll();
  if (!kept_) return result;
  CountMissedUpdate();
  if (!kept_->Apply(fields)) TellGivenUp(&lock);
  return result;
}

void ItemFeed::TellGivenUp(std::unique_lock<std::mutex>* lock) {
  context_->cells.unkept.Add();
  // The listener may send events, of this item too; Close() waits, for the log is the host's.
  logging_.store(true);
  lock->unlock();
  context_->log->Write(LogLevel::kError, "the kept states exceed max_kept_bytes: that of item " +
                                             item_ + " is dropped");
  logging_.store(false);
  logging_.notify_all();
}

PushResult ItemFeed::SendItemEvent(std::unique_lock<std::mutex>* lock, ari::Method method) {
  std::string line;
  const PushResult result = Send(lock, [&](const Subscriber& one) {
    line.clear();
    WriteItemEvent(one, method, &line);
    return one.outbox->PushEvent(line, {}, {});
  });
  if (result == PushResult::kOk) CountConflated();
  return result;
}

PushResult ItemFeed::EndOfSnapshot() {
  std::unique_lock lock(mutex_);
  const PushResult result = SendItemEvent(&lock, ari::Method::kEos);
  if (result == PushResult::kOk) EndSnapshotForAll();
  return result;
}

PushResult ItemFeed::ClearSnapshot() {
  std::unique_lock lock(mutex_);
  const PushResult result = SendItemEvent(&lock, ari::Method::kCls);
  if (result != PushResult::kOk) return result;
  EndSnapshotForAll();
  if (kept_) kept_->Clear();
  return result;
}

PushResult ItemFeed::DeclareDiffOrder(std::span<const FieldDiffOrder> orders) {
  std::vector<DiffOrder> kept;
  std::vector<ari::FieldDiffView> views;
  for (const FieldDiffOrder& order : orders) {
    kept.push_back({std::string(order.field), Letters(order)});
  }
  for (const DiffOrder& order : kept) views.push_back({order.field, order.letters, false});
  std::string line;
  std::unique_lock lock(mutex_);
  const PushResult result = Send(&lock, [&](const Subscriber& one) {
    if (!ari::HasDiffOrder(one.dialect.version)) return PushResult::kOk;
    line.clear();
    ari::WriteDiffOrder(NowMillis(), item_, one.sub_id, views.data(), views.size(), one.dialect,
                        &line);
    return one.outbox->PushEvent(line, {}, {});
  });
  if (result != PushResult::kOk || !kept_) return result;
  CountConflated();
  for (DiffOrder& order : kept) {
    const bool known = std::any_of(diffs_.begin(), diffs_.end(),
                                   [&](const DiffOrder& d) { return d.field == order.field; });
    if (!known) diffs_.push_back(std::move(order));
  }
  return result;
}

void ItemFeed::Attach(std::shared_ptr<Outbox> outbox, std::string sub_id,
                      const ari::Dialect& dialect) {
  const std::lock_guard lock(mutex_);
  Subscriber& one = subscribers_.emplace_back();
  one.outbox = std::move(outbox);
  one.sub_id = std::move(sub_id);
  one.dialect = dialect;
  one.encoding = dialect.WriteEncoding(ari::Method::kUd3);
  ari::WriteUpdateHead(item_, one.sub_id, dialect, &one.update_head);
  context_->capacity->Wake();
  if (!kept_ || one.outbox->has_room()) {
    TellMissed(&one);
    return;
  }
  one.lagging = true;
  one.ticket = one.outbox->NoteLagging(shared_from_this());
}

void ItemFeed::Detach(const Outbox* outbox) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(subscribers_.begin(), subscribers_.end(),
                               [&](const Subscriber& one) { return one.outbox.get() == outbox; });
  if (at == subscribers_.end()) return;
  LetGo(*at);
  subscribers_.erase(at);
  context_->capacity->Wake();
}

bool ItemFeed::Has(const Outbox* outbox) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(subscribers_.begin(), subscribers_.end(),
                     [&](const Subscriber& one) { return one.outbox.get() == outbox; });
}

bool ItemFeed::can_pass_on() const {
  const std::lock_guard lock(mutex_);
  return kept_ && !kept_->given_up();
}

bool ItemFeed::has_subscribers() const {
  const std::lock_guard lock(mutex_);
  return !subscribers_.empty();
}

void ItemFeed::Close() {
  std::unique_lock lock(mutex_);
  open_.store(false, std::memory_order_release);
  for (const Subscriber& one : subscribers_) LetGo(one);
  subscribers_.clear();
  // The provider may keep the handle for long.
  kept_.reset();
  diffs_ = {};
  context_->capacity->Wake();
  lock.unlock();
  logging_.wait(true);
}

void ItemFeed::CatchUp(const Outbox* outbox) {
  const std::lock_guard lock(mutex_);
  for (Subscriber& one : subscribers_) {
    if (one.outbox.get() != outbox || !one.lagging) continue;
    if (one.seen) one.outbox->cells().resyncs.Add();
    TellMissed(&one);
    context_->capacity->Wake();
  }
}

void ItemFeed::TellMissed(Subscriber* subscriber) {
  std::string lines;
  uint64_t updates = 0;
  const size_t count = WriteMissed(subscriber, &lines, &updates);
  NodeCells& cells = subscriber->outbox->cells();
  // Of the events that it missed, the youngest are those that it is told now as they were.
  const uint64_t told = std::min(updates, subscriber->undecided);
  cells.events.Add(told);
  cells.lost.Add(subscriber->undecided - told);
  cells.state_events.Add(count - told);
  subscriber->undecided = 0;
  subscriber->outbox->ForgetLagging(subscriber->ticket);
  subscriber->lagging = false;
  subscriber->seen.reset();
  if (count > 0) subscriber->outbox->PushAnswer(lines, count);
}

size_t ItemFeed::WriteMissed(Subscriber* subscriber, std::string* lines, uint64_t* updates) {
  size_t count = WriteDiffOrders(*subscriber, lines);
  if (kept_) {
    // MERGE has one snapshot event at most; what comes behind it is no snapshot (ari.md 4.4).
    const bool merge_has_it = kept_->kind() == StateRule::Kind::kMerge && subscriber->seen &&
                              subscriber->seen->updates > 0;
    bool snapshot = !subscriber->snapshot_over && !merge_has_it;
    if (merge_has_it) count += WriteSnapshotEnd(subscriber, lines);
    *updates = kept_->Replay(
        subscriber->seen,
        [&] {
          WriteItemEvent(*subscriber, ari::Method::kCls, lines);
          ++count;
          subscriber->snapshot_over = true;
          snapshot = false;
        },
        [&](std::span<const Field> fields) {
          lines->append(TimestampText()).append(subscriber->update_head);
          lines->append(UpdateTail(fields, snapshot).In(subscriber->encoding));
        });
    count += *updates;
  }
  return count + WriteSnapshotEnd(subscriber, lines);
}

size_t ItemFeed::WriteSnapshotEnd(Subscriber* subscriber, std::string* lines) const {
  if (!snapshot_over_ || subscriber->snapshot_over) return 0;
  WriteItemEvent(*subscriber, ari::Method::kEos, lines);
  subscriber->snapshot_over = true;
  return 1;
}

size_t ItemFeed::WriteDiffOrders(const Subscriber& subscriber, std::string* lines) const {
  if (subscriber.diffs_seen >= diffs_.size()) return 0;
  if (!ari::HasDiffOrder(subscriber.dialect.version)) return 0;
  std::vector<ari::FieldDiffView> views;
  for (size_t i = subscriber.diffs_seen; i < diffs_.size(); ++i) {
    views.push_back({diffs_[i].field, diffs_[i].letters, false});
  }
  ari::WriteDiffOrder(NowMillis(), item_, subscriber.sub_id, views.data(), views.size(),
                      subscriber.dialect, lines);
  return 1;
}

void ItemFeed::WriteItemEvent(const Subscriber& subscriber, ari::Method method,
                              std::string* lines) const {
  ari::WriteItemEvent(NowMillis(), method, item_, subscriber.sub_id, subscriber.dialect, lines);
}

}  // namespace penstock::adapter
