// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "item_feed.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "update_tail.h"

namespace penstock::adapter {

using std::chrono::steady_clock;

ItemFeed::ItemFeed(std::string item, StateRule rule, bool snapshot_over,
                   std::shared_ptr<FeedContext> context)
    : item_(std::move(item)), context_(std::move(context)), snapshot_over_(snapshot_over) {
  if (context_->keeps_state) kept_.emplace(rule, &context_->budget);
}

ItemFeed::~ItemFeed() = default;

void ItemFeed::Offer(std::string resume_token) {
  resume_token_ = std::move(resume_token);
  offered_ = !resume_token_.empty();
}

void ItemFeed::Withdraw() {
  const std::lock_guard lock(mutex_);
  if (offered_) BeginAnew();
}

bool ItemFeed::has_resumed() const {
  const std::lock_guard lock(mutex_);
  return resumed_;
}

template <class Push>
PushResult ItemFeed::Send(std::unique_lock<std::mutex>* lock, Push push) {
  if (offered_) BeginAnew();
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
        if (one.last != PushResult::kFull || one.lagging) continue;
        // Unless room has come in the meantime.
        while (!Lag(&one)) {
          one.last = push(one);
          if (one.last != PushResult::kFull) break;
        }
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

void ItemFeed::BeginAnew() {
  offered_ = false;
  for (Subscriber& one : subscribers_) {
    if (!one.lagging) TellMissed(&one);
  }
}

PushResult ItemFeed::Update(std::span<const Field> fields, const UpdateMarks& marks) {
  UpdateTail tail(fields, marks);
  std::unique_lock lock(mutex_);
  if (kept_) kept_->Decide(fields);
  const PushResult result =
      Send(&lock, [&](const Subscriber& one) { return one.writer->Push(one.outbox.get(), &tail); });
  if (result != PushResult::kOk) return result;
  if (!marks.snapshot) EndSnapshotForAll();
  if (!kept_) return result;
  if (!marks.resume_token.empty()) kept_token_ = marks.resume_token;
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

PushResult ItemFeed::SendItemEvent(std::unique_lock<std::mutex>* lock, ItemEvent event) {
  std::string bytes;
  const PushResult result = Send(lock, [&](const Subscriber& one) {
    bytes.clear();
    one.writer->AppendEvent(event, &bytes);
    return one.outbox->PushEvent(bytes, {}, {});
  });
  if (result == PushResult::kOk) CountConflated();
  return result;
}

PushResult ItemFeed::EndOfSnapshot() {
  std::unique_lock lock(mutex_);
  const PushResult result = SendItemEvent(&lock, ItemEvent::kEndOfSnapshot);
  if (result == PushResult::kOk) EndSnapshotForAll();
  return result;
}

PushResult ItemFeed::ClearSnapshot() {
  std::unique_lock lock(mutex_);
  const PushResult result = SendItemEvent(&lock, ItemEvent::kClearSnapshot);
  if (result != PushResult::kOk) return result;
  EndSnapshotForAll();
  if (kept_) kept_->Clear();
  return result;
}

PushResult ItemFeed::DeclareDiffOrder(std::span<const FieldDiffOrder> orders) {
  std::string bytes;
  std::unique_lock lock(mutex_);
  const PushResult result = Send(&lock, [&](const Subscriber& one) {
    bytes.clear();
    if (!one.writer->AppendDiffOrders(orders, &bytes)) return PushResult::kOk;
    return one.outbox->PushEvent(bytes, {}, {});
  });
  if (result != PushResult::kOk || !kept_) return result;
  CountConflated();
  for (const FieldDiffOrder& order : orders) {
    const bool known = std::any_of(diffs_.begin(), diffs_.end(),
                                   [&](const DiffOrder& d) { return d.field == order.field; });
    if (!known) diffs_.push_back({std::string(order.field), order.algorithms});
  }
  return result;
}

bool ItemFeed::Resume() {
  const std::lock_guard lock(mutex_);
  if (!offered_ || subscribers_.empty()) return false;
  offered_ = false;
  resumed_ = true;
  snapshot_over_ = true;
  Subscriber& one = subscribers_.front();  // there is no other yet
  one.snapshot_over = true;
  std::string answer;
  one.writer->AppendResumed(&answer);
  one.outbox->PushAnswer(answer);
  return true;
}

PushResult ItemFeed::Checkpoint(std::string_view resume_token) {
  if (resume_token.empty()) return is_open() ? PushResult::kOk : PushResult::kClosed;
  std::string bytes;
  std::unique_lock lock(mutex_);
  const PushResult result = Send(&lock, [&](const Subscriber& one) {
    bytes.clear();
    if (!one.writer->AppendToken(resume_token, &bytes)) return PushResult::kOk;
    return one.outbox->PushEvent(bytes, {}, {});
  });
  if (result == PushResult::kOk && kept_) kept_token_ = resume_token;
  return result;
}

void ItemFeed::Attach(std::shared_ptr<Outbox> outbox, std::unique_ptr<ItemWriter> writer) {
  const std::lock_guard lock(mutex_);
  Subscriber& one = subscribers_.emplace_back();
  one.outbox = std::move(outbox);
  one.writer = std::move(writer);
  context_->capacity->Wake();
  const auto ticket = kept_ ? one.outbox->NoteLagging(shared_from_this()) : std::nullopt;
  if (!ticket) return TellMissed(&one);
  one.ticket = *ticket;
  one.lagging = true;
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
  return kept_ && !kept_->given_up() && !resumed_;
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

}  // namespace penstock::adapter
