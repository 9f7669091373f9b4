// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

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
  std::size_t HistoryStart(std::size_t end, std::size_t length) const;

  // Subscribers of the item's mode come; it stays in it when the last of them has gone. Before,
  // RAW ones were alone, and the state was that of MERGE.
  void SetActive(bool active);

  // What the adapter says, and that it is lost.
  void Update(bool is_snapshot, const Changes& changes);
  void EndSnapshotByAdapter();
  void Clear();
  void Lose(bool replaces);

 private:
  bool IsMerge() const {
    return !active_ || mode_ == tlcp::Mode::kMerge || mode_ == tlcp::Mode::kRaw;
  }
  static ModelEvent MakeEvent(const Changes& changes);
  void Push(ModelEvent event);
  void PushState(bool is_snapshot);
  void Merge(bool is_snapshot, const Changes& changes);
  void Distinct(bool is_snapshot, const Changes& changes);
  void Command(bool is_snapshot, const Changes& changes);
  void Delete(const std::string& key);
  void EndReplacement();
  void EndSnapshot();

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
