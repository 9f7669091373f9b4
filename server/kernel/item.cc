// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/item.h"

#include <algorithm>
#include <utility>

namespace penstock::kernel {

namespace {

// Of the history of DISTINCT, whatever its length.
constexpr std::size_t kHistoryBytes = 1024 * 1024;

ItemEvent Simple(EventKind kind) { return ItemEvent{kind, false, false, {}}; }

}  // namespace

bool Item::HasModeSubscribers() const {
  return std::any_of(interested_.begin(), interested_.end(),
                     [](const Interest& one) { return ModeOf(one.view) != Mode::kRaw; });
}

bool Item::Admit(const LocalItemRef& local, View view, const ItemTraits& traits) {
  const bool raw = view == View::kRaw;
  Mode mode = raw ? mode_ : ModeOf(view);
  if (raw && !subscribed_before_) mode = traits.kept_mode;
  if (mode != mode_) {
    if (HasModeSubscribers()) return false;
    ChangeMode(mode);
  }
  subscribed_before_ = true;
  interested_.push_back({local, view});
  if (mode == Mode::kDistinct) {
    history_length_ = static_cast<std::size_t>(std::max(traits.distinct_snapshot_length, 0));
    history_.RaiseLimit(history_length_);
    history_.LimitBytes(kHistoryBytes);
  }
  if (traits.min_source_frequency > 0 && mode != Mode::kCommand) {
    // Beyond these bounds a frequency means "at once" and "once an hour".
    const double frequency = std::clamp(traits.min_source_frequency, 1.0 / 3600, 1e6);
    interval_ = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / frequency));
  }
  return true;
}

// What is known is of no use in another mode.
void Item::ChangeMode(Mode mode) {
  mode_ = mode;
  state_ = MergeState();
  published_ = 0;
  table_.Clear();
  history_ = EventLog(Position());
  interval_ = Duration::zero();
  release_at_ = {};
  held_ = false;
  replacing_ = false;
}

void Item::Dismiss(const LocalItemRef& local) {
  std::erase_if(interested_, [&](const Interest& one) { return one.local == local; });
}

Applied Item::Apply(const ItemEvent& event, TimePoint now, ItemPublisher& out) {
  switch (event.kind) {
    case EventKind::kUpdate:
      NoteUse(event);
      if (!event.is_snapshot) out.Publish(*this, Mode::kRaw, event);
      if (IsMerge()) return ApplyMerge(event, now, out);
      if (mode_ == Mode::kDistinct) return ApplyDistinct(event, now, out);
      return ApplyCommand(event, out);
    case EventKind::kEndOfSnapshot:
      if (replacing_) EndReplacement(out);
      EndSnapshot(out);
      return Applied::kTaken;
    case EventKind::kClearSnapshot:
      return ApplyClear(event, out);
    case EventKind::kSourceLost:
      ApplyLoss(event, out);
      return Applied::kTaken;
    case EventKind::kSourceResumed:
      replacing_ = false;
      return Applied::kTaken;
    case EventKind::kDiffOrder:
      ApplyDiffOrder(event, out);
      return Applied::kTaken;
  }
  return Applied::kTaken;
}

// --- MERGE

Applied Item::ApplyMerge(ItemEvent event, TimePoint now, ItemPublisher& out) {
  // A snapshot event of an item that is live already counts as an update.
  if (snapshot_over_) event.is_snapshot = false;
  if (!event.is_snapshot) snapshot_over_ = true;
  if (event.is_snapshot && replacing_) event.replaces_state = true;
  replacing_ = false;
  if (!state_.Apply(event)) return Applied::kNoChange;
  if (!event.is_snapshot && Prefilter(now)) return Applied::kPrefiltered;
  published_ = state_.generation();
  out.Publish(*this, Mode::kMerge, event);
  return Applied::kTaken;
}

// --- DISTINCT

void Item::AppendHistory(const ItemEvent& event) {
  if (history_length_ == 0) return;
  history_.AppendEvent().row.Assign(event.fields, &fields_);
}

Applied Item::ApplyDistinct(const ItemEvent& event, TimePoint now, ItemPublisher& out) {
  if (event.is_snapshot && !snapshot_over_) {
    AppendHistory(event);  // told at the end of the snapshot
    return Applied::kTaken;
  }
  EndSnapshot(out);
  if (Prefilter(now)) {
    // Bufferless: the newest event takes the place of the one that waits.
    held_row_.Assign(event.fields, &fields_);
    return Applied::kPrefiltered;
  }
  AppendHistory(event);
  ItemEvent live = event;
  live.is_snapshot = false;
  out.Publish(*this, Mode::kDistinct, live);
  return Applied::kTaken;
}

// --- COMMAND

Applied Item::ApplyCommand(const ItemEvent& event, ItemPublisher& out) {
  const std::optional<RowCommand> asked = ReadRowCommand(event);
  if (!asked) return Applied::kInvalid;
  if (!event.is_snapshot) {
    if (replacing_) EndReplacement(out);
    EndSnapshot(out);
  }
  RowCommand command = *asked;
  command.action = table_.Normalise(*asked);
  if (command.action == RowAction::kNone) return Applied::kNoChange;
  ApplyRow(command, asked->action == RowAction::kAdd, event, out);
  return Applied::kTaken;
}

void Item::ApplyRow(RowCommand command, bool asked_add, const ItemEvent& event,
                    ItemPublisher& out) {
  // What a new snapshot repeats is no news.
  if (replacing_ && event.is_snapshot && command.action == RowAction::kUpdate &&
      table_.Confirms(command, event.fields)) {
    return;
  }
  ItemEvent live = event;
  live.action = command.action;
  live.is_snapshot = false;
  live.replaces_state = asked_add;
  table_.Apply(command, asked_add, event.fields, &scratch_row_);
  if (snapshot_over_) out.Publish(*this, Mode::kCommand, live);
}

// The new snapshot is complete: what it did not name is no longer there.
void Item::EndReplacement(ItemPublisher& out) {
  replacing_ = false;
  if (mode_ != Mode::kCommand) return;
  for (const std::string& key : table_.Unconfirmed()) {
    const FieldValue fields[] = {{kKeyField, key},
                                 {kCommandField, CommandText(RowAction::kDelete)}};
    ApplyRow({key, RowAction::kDelete}, false, ItemEvent{EventKind::kUpdate, false, false, fields},
             out);
  }
}

// --- What the modes have in common

// A clear during the snapshot ends it (ari.md §4.4).
Applied Item::ApplyClear(const ItemEvent& event, ItemPublisher& out) {
  replacing_ = false;
  EndSnapshot(out);
  const bool held = std::exchange(held_, false);
  if (IsMerge()) {
    // What was held back may have been nulls that nobody has seen.
    if (!state_.Clear() && !held) return Applied::kNoChange;
    published_ = state_.generation();
  } else {
    table_.Clear();
    history_ = EventLog(Position());
    history_.RaiseLimit(history_length_);
    history_.LimitBytes(kHistoryBytes);
  }
  out.Publish(*this, mode_, event);
  return Applied::kTaken;
}

void Item::ApplyLoss(const ItemEvent& event, ItemPublisher& out) {
  declared_.clear();
  used_ = FieldTable();
  if (IsMerge()) {
    snapshot_over_ = false;
    replacing_ = event.replaces_state && state_.generation() != 0;
  } else {
    // Who has been waiting for the rest of a snapshot waits no longer.
    EndSnapshot(out);
    replacing_ = event.replaces_state;
    if (replacing_) table_.BeginReplacement();
  }
  out.Publish(*this, Mode::kRaw, event);
  out.Publish(*this, mode_, event);
}

void Item::EndSnapshot(ItemPublisher& out) {
  if (snapshot_over_) return;
  snapshot_over_ = true;
  if (IsMerge()) return;
  WriteState(mode_, [&](const ItemEvent& event) {
    // Declarations were published when they came.
    if (event.kind != EventKind::kDiffOrder) out.Publish(*this, mode_, event);
  });
}

// True: the event waits, so that the item keeps to its frequency.
bool Item::Prefilter(TimePoint now) {
  if (interval_ == Duration::zero()) return false;
  if (held_ || now < release_at_) {
    held_ = true;
    return true;
  }
  release_at_ = now + interval_;
  return false;
}

void Item::Release(TimePoint now, ItemPublisher& out) {
  if (!held_ || now < release_at_) return;
  held_ = false;
  release_at_ = now + interval_;
  ItemEvent event = Simple(EventKind::kUpdate);
  if (mode_ == Mode::kDistinct) {
    scratch_.clear();
    for (std::size_t i = 0; i < held_row_.size(); ++i) {
      const Row::Value value = held_row_.Get(i);
      if (!value.is_null) scratch_.push_back({fields_.at(i), value.text, false});
    }
    event.fields = scratch_;
    AppendHistory(event);
  } else {
    state_.CopyChanges(published_, &scratch_);
    published_ = state_.generation();
    event.fields = scratch_;
  }
  out.Publish(*this, mode_, event);
}

void Item::NoteUse(const ItemEvent& event) {
  std::size_t hint = 0;
  for (const FieldValue& value : event.fields) used_.FindOrAdd(value.field, &hint);
}

// The first declaration of a field holds, and only if it comes before the field is used (ari.md
// §4.6).
void Item::ApplyDiffOrder(const ItemEvent& event, ItemPublisher& out) {
  scratch_.clear();
  for (const FieldValue& value : event.fields) {
    const bool known = std::any_of(declared_.begin(), declared_.end(),
                                   [&](const Declared& one) { return one.field == value.field; });
    if (known || used_.Find(value.field) >= 0) continue;
    declared_.push_back({value.field, std::string(value.text)});
    scratch_.push_back(value);
  }
  if (scratch_.empty()) return;
  ItemEvent news = event;
  news.fields = scratch_;
  out.Publish(*this, Mode::kRaw, news);
  out.Publish(*this, mode_, news);
}

}  // namespace penstock::kernel
