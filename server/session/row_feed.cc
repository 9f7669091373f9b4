// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// COMMAND: rows by key (TLCP §6.4). A subscriber has a place in the item's log. Filtered: of the
// UPDATEs of a key only the newest goes, not more often than the frequency of the key; every ADD
// and DELETE goes. One that falls behind by more than the log holds is brought up to date from the
// rows: if only UPDATEs were lost, by the rows that changed; if not, it is told how many (OV), its
// rows are cleared (CS) and all are added anew, so that what it shows is right in the end.
// With a selector the client's table is that of the rows which it takes: one that it begins to take
// is an ADD, one that it ceases to take a DELETE, whatever the item's event was.

#include <algorithm>

#include "session/feed_kinds.h"
#include "session/tail_cache.h"
#include "tlcp/line_writer.h"

namespace penstock::session::feed {

using kernel::CommandTable;
using kernel::EventLog;
using kernel::LocalItem;
using kernel::Position;
using kernel::RowAction;
using kernel::View;

namespace {

// One call of AppendRows(): works on a copy of the cursor, which counts once there is room.
class RowStep {
 public:
  RowStep(SubscribedItem& item, Context& context)
      : item_(item),
        subscription_(item.subscription()),
        cursor_(*item.subscription().CursorOf(item.index)),
        local_(*item.item),
        log_(*item.item->log()),
        tails_(TailCache::Of(*item.item)),
        context_(context),
        start_(context.out.size()),
        next_(cursor_) {}

  Step Run() {
    if (!cursor_.needs_state && log_.dropped() > cursor_.at) BridgeGap();
    if (next_.needs_state) return SendRows();
    while (const EventLog::Entry* const entry = log_.After(next_.at)) {
      if (entry->is_clear) return SendClear(*entry);
      RowAction action = entry->action;
      if (action == RowAction::kUpdate && filtered() && entry->superseded) {
        next_.at = entry->position;
        continue;
      }
      if (selecting_ != nullptr) action = ActionFor(action, KeyOf(entry->row), entry->row);
      if (action == RowAction::kNone) {
        PassUnselected(*entry);
        continue;
      }
      if (action == RowAction::kUpdate && filtered() && Waits(*entry)) {
        next_.at = entry->position;
        continue;
      }
      return SendEntry(*entry, action);
    }
    return SendDue();
  }

 private:
  bool filtered() const { return local_.view() == View::kCommand; }
  int number() const { return static_cast<int>(item_.index) + 1; }
  std::string_view KeyOf(const kernel::Row& row) const {
    return row.Get(static_cast<std::size_t>(local_.Find(kernel::kKeyField))).text;
  }
  Position Base() const {
    return context_.deltas ? tails_.BaseFor(local_, next_.base) : Position();
  }

  // With a selector: the rows that the client has.
  Selecting::KeySet& Keys() const { return selecting_->StateOf(item_.index).keys; }
  // With a selector: what becomes of the client's row when `action` has made the item's `row`.
  RowAction ActionFor(RowAction action, std::string_view key, const kernel::Row& row) const {
    const bool has = Keys().contains(key);
    const bool takes = action != RowAction::kDelete && selecting_->Takes(local_, row);
    if (has) return takes ? RowAction::kUpdate : RowAction::kDelete;
    return takes ? RowAction::kAdd : RowAction::kNone;
  }
  // The client has been told so.
  void NoteKey(RowAction action, std::string_view key) {
    if (selecting_ == nullptr) return;
    if (action == RowAction::kAdd) Keys().emplace(key);
    if (action == RowAction::kDelete) Keys().erase(key);
  }
  void PassUnselected(const EventLog::Entry& entry) {
    next_.at = entry.position;
    next_.structural = entry.structural;
    ++unselected_;
  }

  // An UPDATE that waits for its time.
  bool Waits(const EventLog::Entry& entry) {
    if (paces_ == nullptr) return false;
    const std::string_view key = KeyOf(entry.row);
    if (paces_->MayGo(key, context_.now)) return false;
    if (paces_->Defer(key, context_.now)) ++waiting_;
    return true;
  }

  // Whatever was neither sent nor lost, and does not wait, has been merged.
  Step Commit() {
    const bool says_nothing = context_.out.size() == start_;
    if (!says_nothing && !HasRoom(start_, context_)) return Step::kNoRoom;
    Take();
    return says_nothing ? Step::kNothing : Step::kLines;
  }
  void Take() {
    const std::uint64_t passed = next_.at.event() - cursor_.at.event();
    context_.counters.filtered +=
        passed - std::min(passed, sent_ + lost_ + waiting_ + unselected_) + dropped_;
    context_.counters.lost += lost_;
    context_.counters.unselected += unselected_ + kept_back_;
    cursor_ = next_;
  }

  // What was skipped on the way stays skipped.
  Step NoRoom() {
    context_.out.resize(start_);
    Take();
    return Step::kNoRoom;
  }

  // The log no longer holds what comes next.
  void BridgeGap() {
    const bool clear = log_.dropped_clear() > cursor_.at;
    if (filtered() && !clear && log_.dropped_structural() == cursor_.structural) {
      paces_ = &subscription_.PacesOf(item_.index);
      for (const CommandTable::TableRow& row : local_.table().rows()) {
        if (row.changed <= cursor_.at || row.changed > log_.dropped()) continue;
        if (selecting_ != nullptr &&
            ActionFor(RowAction::kUpdate, row.key, row.row) == RowAction::kNone) {
          ++unselected_;
          continue;
        }
        if (paces_->Defer(row.key, context_.now)) ++waiting_;
      }
      next_.at = log_.dropped();
      return;
    }
    lost_ = filtered() ? log_.structural() - cursor_.structural
                       : log_.end().event() - cursor_.at.event();
    if (lost_ > 0) tlcp::AppendOv(subscription_.id(), number(), lost_, context_.out);
    tlcp::AppendCs(subscription_.id(), number(), context_.out);
    next_.needs_state = true;
  }

  // All rows as they are now, in one piece: nothing can change between two of them.
  Step SendRows() {
    const kernel::Row* base = nullptr;
    std::uint64_t rows = 0;
    for (const CommandTable::TableRow& row : local_.table().rows()) {
      if (selecting_ != nullptr && !selecting_->Takes(local_, row.row)) continue;
      tlcp::AppendUpdatePrefix(subscription_.id(), number(), context_.out);
      tails_.AppendRow(local_, subscription_.schema(), context_.deltas ? base : nullptr,
                       RowAction::kAdd, row.row, RowAction::kAdd, context_.out);
      base = &row.row;
      ++rows;
    }
    next_.needs_state = false;
    next_.at = log_.end();
    next_.structural = log_.structural();
    next_.base = Position();
    if (std::exchange(next_.eos_due, false)) {
      tlcp::AppendEos(subscription_.id(), number(), context_.out);
    }
    if (paces_ != nullptr) dropped_ += paces_->waiting();
    const Step step = Commit();
    if (step == Step::kNoRoom) return step;
    if (paces_ != nullptr) paces_->Clear();
    if (selecting_ != nullptr) NoteAllKeys();
    context_.counters.updates += rows;
    context_.counters.snapshot += rows;
    return step;
  }

  void NoteAllKeys() {
    Keys().clear();
    for (const CommandTable::TableRow& row : local_.table().rows()) {
      if (selecting_->Takes(local_, row.row)) Keys().emplace(row.key);
    }
  }

  Step SendClear(const EventLog::Entry& entry) {
    tlcp::AppendCs(subscription_.id(), number(), context_.out);
    // The rows that were put off on the way here must not be counted again.
    if (!HasRoom(start_, context_)) return NoRoom();
    next_.at = entry.position;
    if (paces_ != nullptr) dropped_ += paces_->waiting();
    const Step step = Commit();
    if (step == Step::kLines && paces_ != nullptr) paces_->Clear();
    if (step == Step::kLines && selecting_ != nullptr) {
      Keys().clear();
    }
    return step;
  }

  Step SendEntry(const EventLog::Entry& entry, RowAction action) {
    // As the item's event, or as another one because of the selector: then nobody shares it, and
    // what follows cannot be a difference to it.
    const bool as_it_is = action == entry.action;
    const bool fits =
        as_it_is ? AppendUpdate(item_,
                                tails_.Tail(local_, subscription_.schema(), Base(), entry.position),
                                context_)
                 : AppendRow(entry.row, action);
    if (!fits) return NoRoom();
    next_.at = entry.position;
    next_.base = as_it_is ? entry.position : Position();
    next_.structural = entry.structural;
    sent_ = 1;
    // An ADD is of a row that is new to the client: nothing of it can wait any more.
    if (action != RowAction::kUpdate && paces_ != nullptr && paces_->Forget(KeyOf(entry.row))) {
      ++dropped_;
    }
    NoteKey(action, KeyOf(entry.row));
    if (action != RowAction::kDelete) PaceKey(KeyOf(entry.row));
    return Commit();
  }

  // From now on the key waits for its frequency.
  void PaceKey(std::string_view key) {
    const Pace* const pace = subscription_.PaceOf(item_.index);
    if (!filtered() || pace == nullptr || pace->interval == Duration::zero()) return;
    subscription_.PacesOf(item_.index).Sent(key, context_.now, pace->interval);
  }

  // A row out of step with the log. False if there is no room.
  bool AppendRow(const kernel::Row& row, RowAction action) {
    const std::size_t before = context_.out.size();
    tlcp::AppendUpdatePrefix(subscription_.id(), number(), context_.out);
    const EventLog::Entry* const base = log_.Find(Base());
    tails_.AppendRow(local_, subscription_.schema(), base == nullptr ? nullptr : &base->row,
                     RowAction::kNone, row, action, context_.out);
    if (!HasRoom(before, context_)) return false;
    ++context_.counters.updates;
    return true;
  }

  // Behind the log: a row whose time has come, as it is now.
  Step SendDue() {
    while (paces_ != nullptr) {
      const std::optional<std::string> key = paces_->TakeDue(context_.now);
      if (!key) break;
      const CommandTable::TableRow* const row = local_.table().Find(*key);
      if (row == nullptr) {
        paces_->Forget(*key);
        ++dropped_;
        continue;
      }
      RowAction action = RowAction::kUpdate;
      if (selecting_ != nullptr) action = ActionFor(action, *key, row->row);
      if (action == RowAction::kNone) {
        paces_->Forget(*key);
        ++kept_back_;
        continue;
      }
      if (!AppendRow(row->row, action)) {
        paces_->Defer(*key, context_.now);
        return NoRoom();
      }
      NoteKey(action, *key);
      // It is the base of what follows as the row's last event, if that said the same.
      const EventLog::Entry* const entry = log_.Find(row->changed);
      const bool same = entry != nullptr && entry->action == action;
      next_.base = same ? row->changed : Position();
      const Pace* const pace = subscription_.PaceOf(item_.index);
      const bool paced = pace != nullptr && action != RowAction::kDelete;
      paces_->Sent(*key, context_.now, paced ? pace->interval : Duration::zero());
      break;
    }
    return Commit();
  }

  SubscribedItem& item_;
  Subscription& subscription_;
  LogCursor& cursor_;
  LocalItem& local_;
  const EventLog& log_;
  TailCache& tails_;
  Context& context_;
  const std::size_t start_;
  LogCursor next_;
  Selecting* const selecting_ = subscription_.selecting();
  KeyPaces* paces_ = subscription_.FindPaces(item_.index);
  std::uint64_t sent_ = 0;        // events of the log that went out
  std::uint64_t waiting_ = 0;     // that wait now
  std::uint64_t dropped_ = 0;     // that waited, until something later made them void
  std::uint64_t unselected_ = 0;  // that the selector does not take
  std::uint64_t kept_back_ = 0;   // that waited, and the selector does not take them now
  std::uint64_t lost_ = 0;
};

}  // namespace

void StartRows(SubscribedItem& item) {
  LogCursor& cursor = *item.subscription().CursorOf(item.index);
  EventLog& log = *item.item->log();
  log.RaiseLimit(cursor.buffer + 1);
  if (!item.item->snapshot_over()) return;  // when it is
  cursor.started = true;
  cursor.at = log.end();
  cursor.structural = log.structural();
  cursor.needs_state = cursor.eos_due = item.subscription().wants_snapshot();
}

bool RowsHaveNews(SubscribedItem& item) {
  LogCursor& cursor = *item.subscription().CursorOf(item.index);
  const LocalItem& local = *item.item;
  if (!cursor.started) {
    if (!local.snapshot_over()) return false;
    cursor.started = true;
    cursor.at = local.snapshot_end();  // nothing is logged before
    cursor.needs_state = cursor.eos_due = item.subscription().wants_snapshot();
  }
  if (cursor.needs_state || cursor.at < local.log()->end()) return true;
  KeyPaces* const paces = item.subscription().FindPaces(item.index);
  return paces != nullptr && paces->waiting() > 0;
}

TimePoint RowsDue(SubscribedItem& item) {
  const LogCursor& cursor = *item.subscription().CursorOf(item.index);
  if (cursor.needs_state || cursor.at < item.item->log()->end()) return {};
  KeyPaces* const paces = item.subscription().FindPaces(item.index);
  return paces == nullptr ? TimePoint() : paces->next_due();
}

Step AppendRows(SubscribedItem& item, Context& context) {
  if (!RowsHaveNews(item)) return Step::kNothing;
  return RowStep(item, context).Run();
}

}  // namespace penstock::session::feed
