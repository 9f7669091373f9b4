// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/item_model.h"

#include <algorithm>

namespace penstock::test {

std::size_t ItemModel::HistoryStart(std::size_t end, std::size_t length) const {
  std::size_t start = end;
  while (start > floor_ && end - start < std::min(length, history_) &&
         main_[start - 1].kind != ModelEvent::Kind::kClear) {
    --start;
  }
  return start;
}

void ItemModel::SetActive(bool active) {
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

void ItemModel::Update(bool is_snapshot, const Changes& changes) {
  if (!is_snapshot) raw_.push_back(MakeEvent(changes));
  if (!active_ || mode_ == tlcp::Mode::kMerge || mode_ == tlcp::Mode::kRaw) {
    Merge(is_snapshot, changes);
  } else if (mode_ == tlcp::Mode::kDistinct) {
    Distinct(is_snapshot, changes);
  } else {
    Command(is_snapshot, changes);
  }
}

void ItemModel::EndSnapshotByAdapter() {
  EndReplacement();
  EndSnapshot();
}

void ItemModel::Clear() {
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

void ItemModel::Lose(bool replaces) {
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

ModelEvent ItemModel::MakeEvent(const Changes& changes) {
  ModelEvent event;
  for (const auto& [field, value] : changes) event.values[field] = value;
  return event;
}

void ItemModel::Push(ModelEvent event) {
  event.structural = StructuralAt(main_.size()) + (event.is_structural() ? 1 : 0);
  if (mode_ == tlcp::Mode::kCommand) event.rows = std::make_shared<ModelRows>(rows_);
  main_.push_back(std::move(event));
}

void ItemModel::PushState(bool is_snapshot) {
  ModelEvent event;
  event.is_snapshot = is_snapshot;
  event.values = state_;
  Push(std::move(event));
  if (!is_snapshot) realtime_end_ = main_.size();
}

void ItemModel::Merge(bool is_snapshot, const Changes& changes) {
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

void ItemModel::Distinct(bool is_snapshot, const Changes& changes) {
  if (is_snapshot && !snapshot_over_) {
    pending_.push_back(MakeEvent(changes));
    if (pending_.size() > history_) pending_.erase(pending_.begin());
    return;
  }
  EndSnapshot();
  Push(MakeEvent(changes));
}

void ItemModel::Command(bool is_snapshot, const Changes& changes) {
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

void ItemModel::Delete(const std::string& key) {
  std::erase_if(rows_, [&](const ModelRow& one) { return one.key == key; });
  ModelEvent event;
  event.kind = ModelEvent::Kind::kDelete;
  event.values[0] = key;
  event.values[1] = "DELETE";
  if (snapshot_over_) Push(std::move(event));
}

void ItemModel::EndReplacement() {
  if (!std::exchange(replaces_, false) || IsMerge()) return;
  std::vector<std::string> gone;
  for (const ModelRow& row : rows_) {
    if (!row.is_confirmed) gone.push_back(row.key);
  }
  for (const std::string& key : gone) Delete(key);
}

void ItemModel::EndSnapshot() {
  if (snapshot_over_) return;
  snapshot_over_ = true;
  for (ModelEvent& event : pending_) Push(std::move(event));
  pending_.clear();
  if (main_.size() == first_) first_rows_ = std::make_shared<ModelRows>(rows_);
  snapshot_end_ = main_.size();
}

}  // namespace penstock::test
