// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernel/command_table.h"
#include "kernel/data_source.h"
#include "kernel/event.h"
#include "kernel/event_log.h"
#include "kernel/merge_state.h"
#include "runtime/timer_wheel.h"

namespace penstock::kernel {

class Item;

// Where an item sends what its subscribers are to see.
class ItemPublisher {
 public:
  // To every shard that looks at the item in this mode.
  virtual void Publish(const Item& item, Mode mode, const ItemEvent& event) = 0;

 protected:
  ~ItemPublisher() = default;
};

// What became of an event.
enum class Applied : std::uint8_t {
  kTaken,
  kNoChange,     // MERGE: every value was there already; a DELETE of a row that is not there
  kInvalid,      // COMMAND without a key or a command
  kPrefiltered,  // merged into, or replaced by, one that is published later
};

// An item of a Data Adapter, whole: its state (the snapshot of later subscribers), the rules of its
// mode, and which shards have subscribers. Subscribed on the adapter while there is such a shard,
// and a while longer (linger).
//
// RAW subscribers see each real-time event as it is. Beside them an item is in one of the other
// modes: that of its first such subscriber, until the last one of them has gone. Its state is kept
// in that mode as long as the item is subscribed, for those who come back; before anybody chooses,
// in ItemTraits::kept_mode.
//
// Owned by the ItemRegistry of its owner shard, chosen by hash. Shard: owner.
class Item {
 public:
  struct Interest {
    LocalItemRef local;
    View view;
  };

  Item(DataSource& source, std::string name) : source_(source), name_(std::move(name)) {}

  DataSource& source() const { return source_; }
  const std::string& name() const { return name_; }
  const std::vector<Interest>& interested() const { return interested_; }
  // In which the state is kept; never RAW.
  Mode mode() const { return mode_; }

  // False if the item is in use in another mode: `local` is then not interested.
  bool Admit(const LocalItemRef& local, View view, const ItemTraits& traits);
  void Dismiss(const LocalItemRef& local);
  // Nobody is interested: is what it knows of use to a new subscriber?
  bool MayResume(View view) const { return view == View::kRaw || mode_ == ModeOf(view); }

  // Takes over what the adapter says and publishes what follows from it.
  Applied Apply(const ItemEvent& event, TimePoint now, ItemPublisher& out);
  // Publishes what the prefilter held back, if it is due; else nothing.
  void Release(TimePoint now, ItemPublisher& out);
  // When Release() has something to do; max if it has not.
  TimePoint release_at() const { return held_ ? release_at_ : TimePoint::max(); }

  // What brings a new subscriber of the mode up to date: calls `emit(const ItemEvent&)`.
  template <class Emit>
  void WriteState(Mode mode, Emit&& emit) const;

 private:
  friend class ItemRegistry;

  Applied ApplyMerge(ItemEvent event, TimePoint now, ItemPublisher& out);
  Applied ApplyDistinct(const ItemEvent& event, TimePoint now, ItemPublisher& out);
  Applied ApplyCommand(const ItemEvent& event, ItemPublisher& out);
  void ApplyRow(RowCommand command, bool asked_add, const ItemEvent& event, ItemPublisher& out);
  Applied ApplyClear(const ItemEvent& event, ItemPublisher& out);
  void ApplyLoss(const ItemEvent& event, ItemPublisher& out);
  void ApplyDiffOrder(const ItemEvent& event, ItemPublisher& out);
  void EndSnapshot(ItemPublisher& out);
  void EndReplacement(ItemPublisher& out);
  bool Prefilter(TimePoint now);
  void NoteUse(const ItemEvent& event);
  bool IsMerge() const { return mode_ == Mode::kMerge; }
  bool HasModeSubscribers() const;
  void ChangeMode(Mode mode);
  void AppendHistory(const ItemEvent& event);

  // Fixed after construction.
  DataSource& source_;
  const std::string name_;

  // State.
  std::vector<Interest> interested_;
  Mode mode_ = Mode::kMerge;
  bool subscribed_before_ = false;
  bool snapshot_over_ = false;
  FieldTable used_;  // by this remote adapter, in updates
  // MERGE: the adapter came back, and what it says first replaces what is known, so that no field
  // keeps a value from before the loss that the adapter no longer confirms. COMMAND: rows that the
  // new snapshot does not name go at its end.
  bool replacing_ = false;

  MergeState state_;   // MERGE
  FieldTable fields_;  // DISTINCT: places in the rows of the history
  EventLog history_{Position()};
  std::size_t history_length_ = 0;
  CommandTable table_;  // COMMAND
  struct Declared {
    FieldId field;
    std::string letters;
  };
  std::vector<Declared> declared_;

  // Prefilter.
  Duration interval_{0};  // 0 = none
  TimePoint release_at_{};
  bool held_ = false;         // something waits for release_at_
  Generation published_ = 0;  // MERGE: of state_
  Row held_row_;              // DISTINCT, places of fields_
  std::vector<FieldValue> scratch_;
  Row scratch_row_;

  std::unique_ptr<runtime::WheelTimer> timer_;  // prefilter, or linger while nobody is interested
  class ItemRegistry* registry_ = nullptr;
  ItemRef self_;
  std::string key_;
};

template <class Emit>
void Item::WriteState(Mode mode, Emit&& emit) const {
  std::vector<FieldValue> fields;
  for (const Declared& one : declared_) fields.push_back({one.field, one.letters, false});
  if (!fields.empty()) emit(ItemEvent{EventKind::kDiffOrder, false, false, fields});
  const auto emit_row = [&](const FieldTable& table, const Row& row, RowAction action) {
    fields.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Row::Value value = row.Get(i);
      if (!value.is_null) fields.push_back({table.at(i), value.text, false});
    }
    emit(ItemEvent{EventKind::kUpdate, true, false, fields, action});
  };
  switch (mode) {
    case Mode::kMerge:
      if (state_.generation() == 0) return;
      state_.CopyTo(&fields);
      emit(ItemEvent{EventKind::kUpdate, true, true, fields});
      return;
    case Mode::kDistinct:
      if (!snapshot_over_) return;
      for (std::size_t i = 0; i < history_.size(); ++i) {
        emit_row(fields_, history_[i].row, RowAction::kNone);
      }
      break;
    case Mode::kCommand:
      if (!snapshot_over_) return;
      for (const CommandTable::TableRow& row : table_.rows()) {
        emit_row(table_.fields(), row.row, RowAction::kAdd);
      }
      break;
    case Mode::kRaw:
      return;
  }
  emit(ItemEvent{EventKind::kEndOfSnapshot, false, false, {}});
}

}  // namespace penstock::kernel
