// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/selected_rows.h"

#include <algorithm>

namespace penstock::test {

using Kind = ModelEvent::Kind;

void SelectedRows::OnUpdate(TimePoint now) {
  const Value& key = view_.Shown(0);
  const Value& command = view_.Shown(1);
  if (!key || !command) return view_.Fail("a row without key or command");
  const std::string_view wrong = Follow(*key, *command);
  if (!wrong.empty()) return view_.Fail(wrong);
  if (command == "UPDATE" && !view_.wish().is_unfiltered) view_.CheckPace(*key, now);
  rows_.OnRow(*key, command == "DELETE");
}

std::string_view SelectedRows::Follow(const std::string& key, const std::string& command) {
  const bool has = rows_.Contains(key);
  if (has == (command == "ADD")) return has ? "an ADD of a row that is there" : "no such row";
  std::size_t& told = told_.try_emplace(key, view_.low()).first->second;
  if (command == "ADD") {
    while (told <= flow().size() && !IsThere(told, key)) ++told;
    return told <= flow().size() ? "" : "an ADD of no state of the row";
  }
  if (command == "DELETE") {
    while (told < flow().size() && !IsGone(told, key)) ++told;
    return told++ < flow().size() ? "" : "a DELETE of a row that is still taken";
  }
  while (told < flow().size() && !IsUpdate(told, key)) ++told;
  return told++ < flow().size() ? "" : "no state of the row, or an old one";
}

bool SelectedRows::IsGone(std::size_t at, const std::string& key) const {
  const ModelEvent& event = flow()[at];
  if (event.kind == Kind::kClear || event.values[0] != key) return false;
  return event.kind == Kind::kDelete || !view_.wish().Takes(event.values);
}

bool SelectedRows::IsUpdate(std::size_t at, const std::string& key) const {
  const ModelEvent& event = flow()[at];
  if (event.kind != Kind::kAdd && event.kind != Kind::kRowUpdate) return false;
  return event.values[0] == key && view_.wish().Takes(event.values) && view_.ShowsRow(event.values);
}

bool SelectedRows::IsThere(std::size_t at, const std::string& key) const {
  const ModelRows& rows = view_.item().RowsAt(at);
  return std::any_of(rows.begin(), rows.end(), [&](const ModelRow& row) {
    return row.key == key && view_.wish().Takes(row.values) && view_.ShowsRow(row.values);
  });
}

}  // namespace penstock::test
