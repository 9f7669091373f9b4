// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What happens between "an update is there" and "its bytes leave" for one session.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "session/feed.h"
#include "session/pump.h"
#include "session/recovery_log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

namespace {

// Bytes of lines in one flush, the last line apart; what is left goes in the next, with values as
// they are then. A client that does not read costs no more: all of a flush may have to be kept.
constexpr std::size_t kFlushLimit = 15 * 1024;
// How long a poll waits, whatever it asked for, while what its session may send is spent.
constexpr auto kPollInDebt = std::chrono::seconds(1);
// Kept free of the content length for the LOOP line.
constexpr std::int64_t kLoopReserve = 32;

// The lines of a step, which begin at `before`.
void LogStep(const SubscribedItem& item, feed::Context& context, std::size_t before,
             RecoveryLog& log) {
  const bool shared = !context.tail.empty();
  const std::size_t end = shared ? context.tail_line : context.out.size();
  log.AddLines(std::string_view(context.out).substr(before, end - before));
  if (shared) {
    log.AddUpdate(item.subscription().id(), static_cast<int>(item.index) + 1,
                  std::move(context.tail));
  }
}

}  // namespace

void Session::OnItemReady(SubscribedItem& item) {
  if (!item.listens() || item.subscription().state() != Subscription::State::kActive) return;
  if (!feed::HasNews(item)) return;
  if (const TimePoint due = feed::Due(item); due > table_.shard().now()) {
    PaceItem(item, due);
    return;
  }
  PushReady(item);
  MarkReady(false);
}

void Session::PaceItem(SubscribedItem& item, TimePoint due) {
  if (paced_ == nullptr) paced_ = std::make_unique<Paced>();
  if (!item.paced) paced_->items.push_back(&item);
  item.paced = true;
  paced_->at = std::min(paced_->at, due);
  ArmAt(paced_->at);
}

void Session::PushReady(SubscribedItem& item) {
  item.queued = true;
  item.next_ready = nullptr;
  if (ready_tail_ == nullptr) {
    ready_head_ = &item;
  } else {
    ready_tail_->next_ready = &item;
  }
  ready_tail_ = &item;
}

SubscribedItem* Session::PopReady() {
  SubscribedItem* const item = ready_head_;
  ready_head_ = item->next_ready;
  if (ready_head_ == nullptr) ready_tail_ = nullptr;
  item->queued = false;
  return item;
}

void Session::DropReady(const Subscription& subscription) {
  SubscribedItem* item = std::exchange(ready_head_, nullptr);
  ready_tail_ = nullptr;
  while (item != nullptr) {
    SubscribedItem* const next = item->next_ready;
    if (&item->subscription() != &subscription) PushReady(*item);
    item = next;
  }
  if (paced_ == nullptr) return;
  std::erase_if(paced_->items, [&](const SubscribedItem* paced) {
    return &paced->subscription() == &subscription;
  });
}

void Session::ReleasePaced() {
  if (paced_ == nullptr) return;
  const TimePoint now = table_.shard().now();
  const Duration window = table_.pump().window();
  paced_->at = TimePoint::max();
  std::erase_if(paced_->items, [&](SubscribedItem* item) {
    const bool news = feed::HasNews(*item);
    if (news && feed::DueInCompany(*item, window) > now) {
      paced_->at = std::min(paced_->at, feed::Due(*item));
      return false;
    }
    item->paced = false;
    if (!item->queued && news) PushReady(*item);
    if (item->listens()) item->item->Listen(*item);
    return true;
  });
  ArmAt(paced_->at);
}

// Leading edge and window: a session that was quiet is written at the end of this turn, one that
// was written a moment ago waits until its window is over, unless the client waits for an answer.
void Session::MarkReady(bool at_once) {
  if (link_ == nullptr || closed_) return;
  if (!at_once && wait_until_ != TimePoint::max()) return;  // not before
  const TimePoint now = table_.shard().now();
  if (!at_once && !binding_.polling && now < window_at_) {
    wait_until_ = std::min(wait_until_, window_at_);
    ArmAt(wait_until_);
    return;
  }
  table_.pump().Ready(*this);
}

Session::Fill Session::AppendUpdates(std::string& cork, std::size_t enough, std::size_t most) {
  const std::size_t start = cork.size();
  const TimePoint now = table_.shard().now();
  RecoveryLog* const log = Log();
  feed::Context context{cork,
                        now,
                        most,
                        binding_.used,
                        table_.options().delta_delivery,
                        table_.pump().counters(),
                        log != nullptr};
  // Round robin: an item with more to say goes behind the others.
  while (ready_head_ != nullptr) {
    // The first line always goes: no limit may starve a long value.
    if (cork.size() >= enough && cork.size() > start) return Fill::kEnough;
    SubscribedItem& item = *ready_head_;
    context.must_fit = binding_.used;
    context.tail.Reset();
    const std::size_t before = cork.size();
    const feed::Step step = feed::Append(item, context);
    if (step == feed::Step::kNoRoom) return Fill::kBudgetSpent;
    PopReady();
    if (step == feed::Step::kLines) {
      binding_.used = true;
      if (log != nullptr) LogStep(item, context, before, *log);
    }
    if (feed::HasNews(item)) {
      if (const TimePoint due = feed::Due(item); due > now) {
        PaceItem(item, due);
      } else if (step == feed::Step::kLines) {
        PushReady(item);
      } else {
        PENSTOCK_BUG("an item has news but nothing to say");
      }
    }
    if (item.listens()) item.item->Listen(item);
  }
  return Fill::kAll;
}

std::string& Session::Lines() {
  if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
  return waiting_->lines;
}

// What of a session waits besides updates.
bool Session::HasLines() const {
  return binding_.probe_due || (waiting_ != nullptr && !waiting_->lines.empty()) ||
         (log_ != nullptr && log_->resending());
}

bool Session::Compose(std::string& cork, std::size_t most) {
  if (HasLines()) binding_.used = true;
  if (waiting_ != nullptr) cork += std::exchange(waiting_->head, {});
  if (log_ != nullptr && log_->resending() && !log_->Resend(most, cork)) return false;
  if (waiting_ != nullptr) {
    cork += waiting_->lines;
    LogLines(waiting_->lines);
    waiting_.reset();
  }
  if (std::exchange(binding_.probe_due, false)) tlcp::AppendProbe(cork);
  return true;
}

bool Session::HoldsPoll() {
  const TimePoint now = table_.shard().now();
  if (now < binding_.not_before) {  // asked too often
    wait_until_ = std::min(wait_until_, binding_.not_before);
    ArmAt(wait_until_);
    return true;
  }
  if (HasLines()) return false;
  // It is answered when there is something to say, or when its time is over. Each answer costs its
  // head, for which those who poll without a pause have to wait, too.
  const bool may_send = CreditLeft();
  const TimePoint until =
      may_send ? binding_.until : std::max(binding_.until, binding_.bound_at + kPollInDebt);
  if (now >= until || (may_send && HasUpdates())) return false;
  ArmAt(until);
  return true;
}

std::size_t Session::Enough() const {
  std::size_t enough = binding_.polling ? SIZE_MAX - kHeaderRoom : kFlushLimit;
  if (throttle_ != nullptr) enough = std::min(enough, static_cast<std::size_t>(throttle_->credit));
  return kHeaderRoom + enough;
}

void Session::Flush() {
  if (link_ == nullptr || closed_) return;
  if (!link_->writable()) return;
  if (binding_.polling && HoldsPoll()) return;
  const TimePoint now = table_.shard().now();
  std::string& cork = table_.shard().write_buffer();
  cork.assign(kHeaderRoom, '\0');
  std::size_t most = SIZE_MAX;
  if (binding_.budget >= 0) {
    const std::int64_t left = std::max<std::int64_t>(binding_.budget - kLoopReserve, 0);
    most = kHeaderRoom + static_cast<std::size_t>(left);
  }
  wait_until_ = TimePoint::max();
  Fill fill = Compose(cork, most) ? Fill::kAll : Fill::kBudgetSpent;
  bool updates = false;
  if (fill == Fill::kAll && HasUpdates() && CreditLeft()) {
    const PumpCounters before = table_.pump().counters();
    const std::size_t start = cork.size();
    fill = AppendUpdates(cork, Enough(), most);
    updates = cork.size() > start;
    totals_.Add(before, table_.pump().counters());
  }
  TrimLog();
  const std::size_t size = cork.size() - kHeaderRoom;
  if (binding_.polling && !binding_.used && now < binding_.until) {
    // What had changed is nothing that this client shows: the poll goes on waiting.
    Head().assign(cork, kHeaderRoom);
    ArmAt(binding_.until);
    return;
  }
  if (size == 0 && fill != Fill::kBudgetSpent && !binding_.polling) return;
  PumpCounters& counters = table_.pump().counters();
  counters.bytes += size;
  ++counters.flushes;
  if (binding_.polling) {
    tlcp::AppendLoop(binding_.polling_interval, cork);
    LeaveLink(cork, table_.options().timeout + binding_.polling_interval, false, updates);
    return;
  }
  if (binding_.budget >= 0) {
    binding_.budget -= static_cast<std::int64_t>(size);
    if (fill == Fill::kBudgetSpent || binding_.budget <= kLoopReserve) {
      tlcp::AppendLoop(Millis(0), cork);
      LeaveLink(cork, table_.options().timeout, false, updates);
      return;
    }
  }
  binding_.last_write = now;
  window_at_ = now + table_.pump().window();
  link_->Flush(cork);
  if (link_ != nullptr) SettleCredit(updates);
}

void Session::OnFlushed() {
  if (link_ == nullptr || closed_) return;
  WatchLink();
  if (binding_.polling) return;
  if (HasUpdates() && link_->writable() && CreditLeft()) MarkReady(true);
}

void Session::PrefetchParts() const {
  Prefetch(link_);
  Prefetch(ready_head_);
  Prefetch(log_.get(), sizeof(RecoveryLog));
}

void Session::PrefetchEnds() const {
  if (link_ != nullptr) link_->Prefetch();
  if (log_ != nullptr) log_->PrefetchEnds();
}

}  // namespace penstock::session
