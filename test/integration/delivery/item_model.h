// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tlcp/request.h"

namespace penstock::test {

using Value = std::optional<std::string>;  // nothing = null

// All fields that the property test knows; no adapter ever names the last one.
inline constexpr std::size_t kFields = 8;
inline constexpr std::array<std::string_view, kFields> kFieldNames = {
    "key", "command", "a", "b", "c", "d", "e", "never"};
using Vector = std::array<Value, kFields>;
// The fields that an event names.
using Changes = std::vector<std::pair<std::size_t, Value>>;

// A row of a COMMAND item.
struct ModelRow {
  std::string key;
  Vector values;
  bool is_confirmed = true;
};
using ModelRows = std::vector<ModelRow>;

// What subscribers of an item are offered.
struct ModelEvent {
  enum class Kind { kUpdate, kClear, kAdd, kRowUpdate, kDelete };
  Kind kind = Kind::kUpdate;
  bool is_snapshot = false;
  Vector values;
  std::shared_ptr<const ModelRows> rows;  // COMMAND: after the event
  std::size_t structural = 0;             // COMMAND: ADDs and DELETEs up to here

  bool is_structural() const { return kind == Kind::kAdd || kind == Kind::kDelete; }
};

// An item as the adapter's protocol defines it, written down a second time and simply: the whole
// history, from which every line that a client gets must follow. Shard: none.
class ItemModel {
 public:
  ItemModel(tlcp::Mode mode, std::size_t history) : mode_(mode), history_(history) {}

  tlcp::Mode mode() const { return mode_; }
  // The flow of the item's mode, and that of RAW.
  const std::vector<ModelEvent>& flow(bool raw) const { return raw ? raw_ : main_; }
  bool snapshot_over() const { return snapshot_over_; }
  // Where in the flow the first snapshot was over.
  std::size_t snapshot_end() const { return snapshot_end_; }
  bool is_known() const { return is_known_; }
  std::size_t realtime_end() const { return realtime_end_; }  // MERGE: behind the last real event
  const ModelRows& RowsAt(std::size_t position) const {
    return position == first_ ? *first_rows_ : *main_[position - 1].rows;
  }
  std::size_t StructuralAt(std::size_t position) const {
    return position == 0 ? 0 : main_[position - 1].structural;
  }
  // DISTINCT: where the last `length` events before `end` begin.
  std::size_t HistoryStart(std::size_t end, std::size_t length) const {
    std::size_t start = end;
    while (start > floor_ && end - start < std::min(length, history_) &&
           main_[start - 1].kind != ModelEvent::Kind::kClear) {
      --start;
    }
    return start;
  }

  // Subscribers of the item's mode come; it stays in it when the last of them has gone. Before,
  // RAW ones were alone, and the state was that of MERGE.
  void SetActive(bool active) {
    if (!active || active_) return;
    active_ = true;
    if (mode_ == tlcp::Mode::kMerge) return;
    is_known_ = false;
    replaces_ = false;
    rows_.clear();
    pending_.clear();
    floor_ = first_ = main_.size();
    first_rows_ = std::make_shared<ModelRows>();
  }

  void Update(bool is_snapshot, const Changes& changes) {
    if (!is_snapshot) raw_.push_back(MakeEvent(changes));
    if (!active_ || mode_ == tlcp::Mode::kMerge || mode_ == tlcp::Mode::kRaw) {
      Merge(is_snapshot, changes);
    } else if (mode_ == tlcp::Mode::kDistinct) {
      Distinct(is_snapshot, changes);
    } else {
      Command(is_snapshot, changes);
    }
  }

  void EndSnapshotByAdapter() {
    EndReplacement();
    EndSnapshot();
  }

  void Clear() {
    replaces_ = false;
    EndSnapshot();
    if (IsMerge()) {
      if (state_ == Vector()) return;
      state_ = Vector();
      if (mode_ == tlcp::Mode::kMerge) PushState(false);
      return;
    }
    rows_.clear();
    ModelEvent event;
    event.kind = ModelEvent::Kind::kClear;
    Push(std::move(event));
  }

  void Lose(bool replaces) {
    if (IsMerge()) {
      snapshot_over_ = false;
      replaces_ = replaces && is_known_;
      return;
    }
    EndSnapshot();
    replaces_ = replaces;
    if (replaces) {
      for (ModelRow& row : rows_) row.is_confirmed = false;
    }
  }

 private:
  bool IsMerge() const {
    return !active_ || mode_ == tlcp::Mode::kMerge || mode_ == tlcp::Mode::kRaw;
  }
  static ModelEvent MakeEvent(const Changes& changes) {
    ModelEvent event;
    for (const auto& [field, value] : changes) event.values[field] = value;
    return event;
  }
  void Push(ModelEvent event) {
    event.structural = StructuralAt(main_.size()) + (event.is_structural() ? 1 : 0);
    if (mode_ == tlcp::Mode::kCommand) event.rows = std::make_shared<ModelRows>(rows_);
    main_.push_back(std::move(event));
  }
  void PushState(bool is_snapshot) {
    ModelEvent event;
    event.is_snapshot = is_snapshot;
    event.values = state_;
    Push(std::move(event));
    if (!is_snapshot) realtime_end_ = main_.size();
  }

  void Merge(bool is_snapshot, const Changes& changes) {
    if (snapshot_over_) is_snapshot = false;
    if (!is_snapshot) snapshot_over_ = true;
    Vector next = state_;
    if (is_snapshot && replaces_) next = Vector();
    replaces_ = false;
    for (const auto& [field, value] : changes) next[field] = value;
    if (is_known_ && next == state_) return;
    is_known_ = true;
    state_ = next;
    if (mode_ == tlcp::Mode::kMerge) PushState(is_snapshot);
  }

  void Distinct(bool is_snapshot, const Changes& changes) {
    if (is_snapshot && !snapshot_over_) {
      pending_.push_back(MakeEvent(changes));
      if (pending_.size() > history_) pending_.erase(pending_.begin());
      return;
    }
    EndSnapshot();
    Push(MakeEvent(changes));
  }

  void Command(bool is_snapshot, const Changes& changes) {
    const ModelEvent said = MakeEvent(changes);
    const Value& key = said.values[0];
    const Value& command = said.values[1];
    if (!key || (command != "ADD" && command != "UPDATE" && command != "DELETE")) return;
    if (!is_snapshot) {
      EndReplacement();
      EndSnapshot();
    }
    const auto row = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const ModelRow& one) { return one.key == *key; });
    if (command == "DELETE") {
      if (row != rows_.end()) Delete(*key);
      return;
    }
    Vector next = said.values;
    ModelEvent event;
    event.kind = ModelEvent::Kind::kAdd;
    next[1] = "ADD";
    if (row == rows_.end()) {
      rows_.push_back({*key, next});
    } else {
      event.kind = ModelEvent::Kind::kRowUpdate;
      next[1] = row->values[1];
      row->is_confirmed = true;
      if (replaces_ && is_snapshot && next == row->values) return;
      if (command == "UPDATE") {
        next = row->values;
        for (const auto& [field, value] : changes) next[field] = value;
      }
      next[1] = "UPDATE";
      row->values = next;
    }
    event.values = next;
    if (snapshot_over_) Push(std::move(event));
  }

  void Delete(const std::string& key) {
    std::erase_if(rows_, [&](const ModelRow& one) { return one.key == key; });
    ModelEvent event;
    event.kind = ModelEvent::Kind::kDelete;
    event.values[0] = key;
    event.values[1] = "DELETE";
    if (snapshot_over_) Push(std::move(event));
  }

  void EndReplacement() {
    if (!std::exchange(replaces_, false) || IsMerge()) return;
    std::vector<std::string> gone;
    for (const ModelRow& row : rows_) {
      if (!row.is_confirmed) gone.push_back(row.key);
    }
    for (const std::string& key : gone) Delete(key);
  }

  void EndSnapshot() {
    if (snapshot_over_) return;
    snapshot_over_ = true;
    for (ModelEvent& event : pending_) Push(std::move(event));
    pending_.clear();
    if (main_.size() == first_) first_rows_ = std::make_shared<ModelRows>(rows_);
    snapshot_end_ = main_.size();
  }

  const tlcp::Mode mode_;
  const std::size_t history_;
  std::vector<ModelEvent> main_;
  std::vector<ModelEvent> raw_;
  bool active_ = false;
  bool snapshot_over_ = false;
  std::size_t snapshot_end_ = 0;
  std::size_t floor_ = 0;  // the history does not reach farther back
  std::size_t first_ = 0;  // of the flow, since the item last had subscribers of its mode
  std::shared_ptr<const ModelRows> first_rows_ = std::make_shared<ModelRows>();
  std::size_t realtime_end_ = 0;
  bool is_known_ = false;
  bool replaces_ = false;
  Vector state_;
  std::vector<ModelEvent> pending_;  // DISTINCT: the snapshot that is not over
  ModelRows rows_;
};

}  // namespace penstock::test
