// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/client_rows.h"

#include <algorithm>

namespace penstock::test {

void ClientRows::OnRow(const std::string& key, bool is_delete) {
  if (!is_delete) {
    rows_[key] = view_.shown();
    return;
  }
  rows_.erase(key);
  view_.ForgetPace(key);
}

void ClientRows::OnClear() {
  rows_.clear();
  view_.ForgetPaces();
  is_whole_ = true;
}

void ClientRows::Settle() {
  std::size_t shown = 0;
  for (const ModelRow& row : view_.item().RowsAt(view_.flow().size())) {
    if (!view_.wish().Takes(row.values)) continue;
    const auto it = rows_.find(row.key);
    if (it == rows_.end()) {
      if (is_whole_ || WasTouched(row.key)) return view_.Fail("a row is missing");
      continue;
    }
    ++shown;
    if (!Shows(it->second, row.values)) return view_.Fail("an old row");
  }
  if (shown != rows_.size()) view_.Fail("a row that is gone");
}

bool ClientRows::WasTouched(const std::string& key) const {
  const std::vector<ModelEvent>& flow = view_.flow();
  return std::any_of(flow.begin() + static_cast<std::ptrdiff_t>(view_.high()), flow.end(),
                     [&](const ModelEvent& event) { return event.values[0] == key; });
}

bool ClientRows::Shows(const std::vector<Value>& shown, const Vector& values) const {
  const std::vector<std::size_t>& fields = view_.wish().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Value& expected = values[fields[i]];
    if (fields[i] == 1 || shown[i] == expected) continue;
    if (!shown[i] || !expected || !IsSameDocument(*expected, *shown[i])) return false;
  }
  return true;
}

}  // namespace penstock::test
