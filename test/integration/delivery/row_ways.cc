// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/row_ways.h"

#include <algorithm>
#include <utility>

namespace penstock::test {

using Kind = ModelEvent::Kind;

RowWays::RowWays(ClientView& view) : view_(view), rows_(view) {
  const bool has_rows = view_.wish().HasEndOfSnapshot();
  for (std::size_t at = view_.low(); at <= view_.high(); ++at) {
    Way way{at};
    way.eos = way.state = has_rows;
    ways_.insert(way);
  }
}

void RowWays::Take(std::set<Way> next, std::string_view what) {
  if (next.empty()) return view_.Fail(what);
  const bool had_rows = TellsRows();
  ways_ = std::move(next);
  // They may be none at all, and what follows are events already: their end is seen too late.
  if (!had_rows && TellsRows()) rows_at_ = least();
}

bool RowWays::TellsRows() const {
  return std::any_of(ways_.begin(), ways_.end(),
                     [](const Way& way) { return way.state || way.row != kNone; });
}

// --- Lines

void RowWays::OnUpdate(TimePoint now) {
  const Value& key = view_.Shown(0);
  const Value& command = view_.Shown(1);
  if (!key || !command) return view_.Fail("a row without key or command");
  const bool is_delete = command == "DELETE";
  std::set<Way> next;
  bool is_paced = false;
  if (command == "ADD") {
    if (rows_.is_whole() && rows_.Contains(*key)) view_.Fail("an ADD of a row that is there");
    last_.erase(*key);
    AddRows(*key, &next);
    AddEvents(Kind::kAdd, *key, &next);
  } else if (is_delete || view_.wish().is_unfiltered) {
    AddEvents(is_delete ? Kind::kDelete : Kind::kRowUpdate, *key, &next);
  } else if (command == "UPDATE") {
    is_paced = AddUpdate(*key, &next);
  }
  Take(std::move(next), "no row event of the item, or out of its place");
  if (is_paced) view_.CheckPace(*key, now);
  if (is_delete) last_.erase(*key);
  rows_.OnRow(*key, is_delete);
}

void RowWays::OnEndOfSnapshot() {
  std::set<Way> next;
  for (const Way& way : ways_) {
    if (way.cleared) continue;
    if (way.state) {
      for (const std::size_t at : view_.Moments(way.at)) {
        if (view_.item().RowsAt(at).empty()) next.insert({at});
      }
    } else if (way.eos && way.row == view_.item().RowsAt(way.at).size()) {
      next.insert({way.at});
    }
  }
  Take(std::move(next), "EOS at a place where the snapshot is not over");
}

void RowWays::OnClear() {
  rows_.OnClear();
  last_.clear();
  std::set<Way> next;
  for (const Way& way : ways_) {
    if (way.state || way.row != kNone) continue;
    if (way.cleared) AddToldRows(way.at, 0, /*eos=*/false, &next);
    // Clears with nothing between them that the client would have to be told are one.
    for (std::size_t at = way.at; at < flow().size(); ++at) {
      if (flow()[at].kind == Kind::kClear) {
        next.insert({at + 1});
      } else if (!MayPass(at)) {
        break;
      }
    }
  }
  Take(std::move(next), "CS where nothing was cleared");
}

void RowWays::OnLoss(std::size_t count) {
  std::set<Way> next;
  for (const Way& way : ways_) {
    if (way.cleared || way.row != kNone) continue;
    for (const std::size_t at : view_.Moments(way.at)) {
      if (CountBetween(way.at, at) == count) next.insert({at, /*eos=*/false, /*cleared=*/true});
    }
  }
  Take(std::move(next), "OV does not tell how many were lost");
}

void RowWays::Settle() {
  const bool is_done = std::any_of(ways_.begin(), ways_.end(), [&](const Way& way) {
    if (!way.is_free()) return false;
    std::size_t at = way.at;
    while (at < flow().size() && MayPass(at)) ++at;
    return at == flow().size();
  });
  if (!is_done) return view_.Fail("events are missing");
  rows_.Settle();
}

// --- The ways of a row

void RowWays::AddRows(const std::string& key, std::set<Way>* next) {
  for (const Way& way : ways_) {
    if (!way.state && way.row == kNone) continue;
    const std::size_t row = way.state ? 0 : way.row;
    for (const std::size_t at : way.state ? view_.Moments(way.at) : std::vector{way.at}) {
      const ModelRows& rows = view_.item().RowsAt(at);
      if (row >= rows.size() || !view_.ShowsRow(rows[row].values)) continue;
      AddToldRows(at, row + 1, way.eos, next);
      Remember(key, at);
    }
  }
}

// Of a filtered flow the next event that is no UPDATE.
void RowWays::AddEvents(Kind kind, const std::string& key, std::set<Way>* next) {
  for (const Way& way : ways_) {
    if (!way.is_free()) continue;
    std::size_t at = way.at;
    while (at < flow().size() && flow()[at].kind != kind && MayPass(at)) ++at;
    if (at == flow().size() || flow()[at].kind != kind || !view_.Shows(flow()[at].values)) continue;
    next->insert({at + 1});
    if (kind == Kind::kAdd) Remember(key, at + 1);
  }
}

bool RowWays::AddUpdate(const std::string& key, std::set<Way>* next) {
  const auto known = last_.find(key);
  const bool is_known = known != last_.end();
  if (rows_.is_whole() && !is_known) view_.Fail("an UPDATE of a row that is not there");
  const std::size_t from = is_known ? known->second : view_.low();
  for (std::size_t at = std::max(from, rows_at_); at < flow().size(); ++at) {
    const ModelEvent& event = flow()[at];
    if (event.values[0] != key) continue;
    if (event.kind != Kind::kRowUpdate && is_known && view_.wish().is_exact) return false;
    if (!view_.ShowsRow(event.values)) continue;
    last_[key] = at + 1;
    for (const Way& way : ways_) {
      if (way.is_free()) next->insert(way);
    }
    return true;
  }
  return false;
}

void RowWays::AddToldRows(std::size_t at, std::size_t row, bool eos, std::set<Way>* next) const {
  if (!eos && row == view_.item().RowsAt(at).size()) {
    next->insert({at});
  } else {
    next->insert({at, eos, /*cleared=*/false, row});
  }
}

void RowWays::Remember(const std::string& key, std::size_t at) {
  const auto [it, is_new] = last_.try_emplace(key, at);
  if (!is_new) it->second = std::min(it->second, at);
}

// --- What need not be told

bool RowWays::MayPass(std::size_t at) const {
  const ModelEvent& event = flow()[at];
  if (event.kind == Kind::kClear) return false;
  return !view_.wish().is_unfiltered && !event.is_structural();
}

std::size_t RowWays::CountBetween(std::size_t from, std::size_t to) const {
  const ItemModel& item = view_.item();
  if (!view_.wish().is_unfiltered) return item.StructuralAt(to) - item.StructuralAt(from);
  return static_cast<std::size_t>(
      std::count_if(flow().begin() + static_cast<std::ptrdiff_t>(from),
                    flow().begin() + static_cast<std::ptrdiff_t>(to),
                    [](const ModelEvent& event) { return event.kind != Kind::kClear; }));
}

std::string RowWays::Describe() const {
  std::string out;
  for (const Way& way : ways_) {
    out += " at=" + std::to_string(way.at);
    if (way.eos) out += ",eos";
    if (way.row != kNone) out += ",row=" + std::to_string(way.row);
    if (way.cleared) out += ",cleared";
    if (way.state) out += ",state";
  }
  return out;
}

}  // namespace penstock::test
