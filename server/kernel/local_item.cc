// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/local_item.h"

#include <algorithm>

#include "base/check.h"

namespace penstock::kernel {

namespace {
// Events that may come together before it is worth asking every subscriber what it still needs:
// the price of asking, spread over the events, stays small.
constexpr std::size_t kLeastTrim = 32;
constexpr std::size_t kSubscribersPerEvent = 16;
}  // namespace

LocalItem::LocalItem(std::string name, View view) : name_(std::move(name)), view_(view) {
  snapshot_over_ = view == View::kRaw || view == View::kMerge;
  if (view != View::kMerge) KeepLog();
}

void LocalItem::KeepLog() {
  if (log_ != nullptr) return;
  trim_at_ = kLeastTrim;
  if (generation() == 0) {
    log_ = std::make_unique<EventLog>(Position());
    return;
  }
  // What is known now is the base of what follows.
  log_ = std::make_unique<EventLog>(Position(generation() - 1));
  state_.CopyTo(&log_->AppendEvent().row);
}

bool LocalItem::Deliver(const ItemEvent& event) {
  switch (event.kind) {
    case EventKind::kUpdate:
      return ModeOf(view_) == Mode::kCommand ? DeliverRow(event) : DeliverUpdate(event);
    case EventKind::kClearSnapshot:
      if (view_ == View::kRaw) return false;
      if (view_ == View::kMerge) {
        if (!state_.Clear()) return false;
        realtime_generation_ = state_.generation();
        if (log_ != nullptr) state_.CopyTo(&log_->AppendEvent().row);
        return true;
      }
      table_.Clear();
      log_->AppendClear();
      return true;
    case EventKind::kEndOfSnapshot:
      if (snapshot_over_) return false;
      snapshot_over_ = true;
      snapshot_end_ = log_->end();
      return true;
    case EventKind::kDiffOrder:
      Declare(event);
      return false;
    case EventKind::kSourceResumed:  // of the item only
      return false;
    case EventKind::kSourceLost:
      // Without declarations too: the default was in force, and may not be any more.
      diff_epoch_ = end().event() + 1;
      declared_.clear();
      ++declarations_;
      return false;
  }
  return false;
}

bool LocalItem::DeliverUpdate(const ItemEvent& event) {
  if (view_ == View::kMerge) {
    if (!state_.Apply(event)) return false;
    if (!event.is_snapshot) realtime_generation_ = state_.generation();
    if (log_ != nullptr) {
      state_.CopyTo(&log_->AppendEvent(RowAction::kNone, event.is_snapshot).row);
    }
    return true;
  }
  log_->AppendEvent().row.Assign(event.fields, &fields_);
  return snapshot_over_;
}

bool LocalItem::DeliverRow(const ItemEvent& event) {
  std::optional<RowCommand> command = ReadRowCommand(event);
  if (!command) {
    PENSTOCK_BUG("an event without key or command left its item");
    return false;
  }
  command->action = event.action;
  if (!snapshot_over_) {  // subscribers will be given the rows
    table_.Apply(*command, event.replaces_state, event.fields, &removed_);
    return false;
  }
  if (view_ == View::kCommand) log_->MakeRoom();
  if (const CommandTable::TableRow* const row = table_.Find(command->key)) {
    EventLog::Entry* const last = log_->Mutable(row->changed);
    if (last != nullptr && last->action == RowAction::kUpdate) last->superseded = true;
  }
  EventLog::Entry& entry = log_->AppendEvent(command->action);
  CommandTable::TableRow* const row =
      table_.Apply(*command, event.replaces_state, event.fields, &entry.row);
  if (row != nullptr) row->changed = entry.position;
  return true;
}

// The first declaration of a field holds.
void LocalItem::Declare(const ItemEvent& event) {
  for (const FieldValue& value : event.fields) {
    if (DiffOrderOf(value.field)) continue;
    declared_.push_back({value.field, DiffOrder::FromLetters(value.text)});
    ++declarations_;
  }
}

std::optional<DiffOrder> LocalItem::DiffOrderOf(FieldId field) const {
  for (const Declared& one : declared_) {
    if (one.field == field) return one.order;
  }
  return std::nullopt;
}

int LocalItem::Find(FieldId field) const {
  return view_ == View::kMerge ? state_.Find(field) : fields().Find(field);
}

void LocalItem::Trim(Position keep) {
  if (view_ == View::kDistinct && history_ > 0) {
    const std::uint64_t end = log_->end().event();
    const Position first_kept(end > history_ ? end - history_ + 1 : 0);
    keep = std::min(keep, first_kept);
  }
  log_->TrimBefore(keep);
  trim_at_ = std::max({kLeastTrim, 2 * log_->size(), subscribers_.size() / kSubscribersPerEvent});
}

void LocalItem::Add(Subscriber* subscriber) {
  subscriber->item = this;
  subscriber->position = static_cast<std::uint32_t>(subscribers_.size());
  subscribers_.push_back(subscriber);
  if (subscriber->position % 64 == 0) listening_.push_back(0);
  SetListening(*subscriber, true);
}

void LocalItem::Remove(Subscriber* subscriber) {
  PENSTOCK_DCHECK(subscribers_[subscriber->position] == subscriber);
  Subscriber* const last = subscribers_.back();
  const bool last_listens = last != subscriber && IsListening(*last);
  SetListening(*last, false);
  subscribers_[subscriber->position] = last;
  last->position = subscriber->position;
  SetListening(*last, last_listens);
  subscribers_.pop_back();
  if (subscribers_.size() % 64 == 0) listening_.pop_back();
  subscriber->item = nullptr;
}

}  // namespace penstock::kernel
