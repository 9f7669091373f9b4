// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/event_ways.h"

#include <algorithm>
#include <utility>

namespace penstock::test {

EventWays::EventWays(ClientView& view) : view_(view) {
  const Wish& wish = view_.wish();
  for (std::size_t at = view_.low(); at <= view_.high(); ++at) {
    Way way{at};
    if (wish.HasEndOfSnapshot()) {
      way.eos = at;
      way.at = view_.item().HistoryStart(at, wish.snapshot_length);
    }
    if (wish.mode == tlcp::Mode::kMerge && wish.wants_snapshot) {
      way.state = view_.began_known() || at > 0;
      if (!wish.is_exact) ways_.insert({at});
    }
    ways_.insert(way);
  }
}

void EventWays::Take(std::set<Way> next, std::string_view what) {
  if (next.empty()) return view_.Fail(what);
  ways_ = std::move(next);
}

// --- Lines

void EventWays::OnUpdate(TimePoint now) {
  std::set<Way> next;
  bool is_snapshot = false;
  for (const Way& way : WithoutState()) {
    if (way.cleared) continue;
    if (way.state) {
      is_snapshot = true;
      for (const std::size_t at : view_.Moments(way.at)) {
        if (at > 0 && view_.Tells(flow()[at - 1].values)) next.insert({at});
      }
      continue;
    }
    if (way.eos != kNone) is_snapshot = true;
    AddEvents(way, &next);
  }
  Take(std::move(next), "no event of the item, or out of its place");
  known_.clear();
  const std::size_t told = least();
  for (const std::size_t field : view_.wish().fields) {
    known_.push_back(told == 0 ? Value() : flow()[told - 1].values[field]);
  }
  if (!is_snapshot) view_.CheckPace("", now);
}

void EventWays::AddEvents(const Way& way, std::set<Way>* next) const {
  for (std::size_t at = way.at; at < std::min(flow().size(), way.eos); ++at) {
    if (is_clear(at)) return;
    const bool matches = view_.Tells(flow()[at].values);
    if (matches) next->insert({at + 1, way.eos});
    if ((matches && MayLose(at)) || !MayPass(at)) return;
  }
}

void EventWays::OnEndOfSnapshot() {
  std::set<Way> next;
  for (const Way& way : ways_) {
    if (way.cleared || way.eos == kNone) continue;
    if (way.at >= way.eos || MayJump(way.at, way.eos) || IsClearedAfter(way.eos)) {
      next.insert({std::max(way.at, way.eos)});
    }
  }
  Take(std::move(next), "EOS at a place where the snapshot is not over");
}

void EventWays::OnClear() {
  std::set<Way> next;
  for (const Way& way : ways_) {
    if (way.state) continue;
    if (way.cleared) next.insert({way.at, way.eos});
    // Clears with nothing between them that the client would have to be told are one.
    for (std::size_t at = way.at; at < flow().size(); ++at) {
      if (is_clear(at)) {
        next.insert({at + 1, way.eos});
      } else if (!MayPass(at)) {
        break;
      }
    }
  }
  Take(std::move(next), "CS where nothing was cleared");
}

void EventWays::OnLoss(std::size_t count) {
  std::set<Way> next;
  for (const Way& way : Passed()) {
    if (!way.cleared) AddLosses(way, count, &next);
  }
  Take(std::move(next), "OV does not tell how many were lost");
}

void EventWays::AddLosses(const Way& way, std::size_t count, std::set<Way>* next) const {
  std::size_t lost = 0;
  std::size_t not_taken = 0;  // of those; what the log has dropped counts whatever it was
  bool cleared = false;
  for (std::size_t at = way.at; at <= flow().size() && lost - not_taken <= count; ++at) {
    if (lost >= count) next->insert({at, way.eos, cleared});
    if (at == flow().size()) break;
    cleared = cleared || is_clear(at);
    // What is lost of a snapshot is not told.
    if (is_clear(at) || (way.eos != kNone && at < way.eos)) continue;
    ++lost;
    if (!view_.wish().Takes(flow()[at].values)) ++not_taken;
  }
}

void EventWays::Settle() {
  for (const Way& way : Passed()) {
    if (way.cleared) continue;
    if (way.at == flow().size() && way.eos == kNone && (!way.state || flow().empty())) return;
    if (way.at >= flow().size() || way.state) continue;
    // What came last is shown, whatever was lost before.
    if (!MayJump(way.at, flow().size())) continue;
    if (view_.wish().takes || (view_.sent_any() && view_.Shows(flow().back().values))) return;
  }
  if (view_.wish().mode == tlcp::Mode::kMerge && !view_.MustHaveSent()) return;
  view_.Fail("not all events, or not the last one");
}

// --- What need not be told

bool EventWays::MayLose(std::size_t at) const {
  const Wish& wish = view_.wish();
  return view_.is_lossy() &&
         (!wish.is_unfiltered || (wish.HasEndOfSnapshot() && at < view_.high()));
}

bool EventWays::MayPass(std::size_t at) const {
  if (is_clear(at)) return false;
  const Wish& wish = view_.wish();
  const ModelEvent& event = flow()[at];
  if (MayLose(at) || !wish.Takes(event.values)) return true;
  if (wish.mode != tlcp::Mode::kMerge) return false;
  return view_.sent_any() ? IsUnchanged(event.values) : !wish.wants_snapshot && event.is_snapshot;
}

bool EventWays::MayJump(std::size_t from, std::size_t to) const {
  for (std::size_t at = from; at < to; ++at) {
    if (is_clear(at)) return false;
    if (!MayLose(at) && view_.wish().Takes(flow()[at].values)) return false;
  }
  return true;
}

bool EventWays::IsUnchanged(const Vector& values) const {
  for (std::size_t i = 0; i < known_.size(); ++i) {
    if (values[view_.wish().fields[i]] != known_[i]) return false;
  }
  return true;
}

bool EventWays::IsClearedAfter(std::size_t position) const {
  for (std::size_t at = position; at < flow().size(); ++at) {
    if (is_clear(at)) return true;
  }
  return false;
}

std::set<EventWays::Way> EventWays::WithoutState() const {
  std::set<Way> all = ways_;
  if (!view_.wish().takes) return all;
  for (const Way& way : ways_) {
    if (!way.state) continue;
    for (std::size_t at = std::max<std::size_t>(way.at, 1); at <= flow().size(); ++at) {
      if (!view_.wish().Takes(flow()[at - 1].values)) all.insert({at});
    }
  }
  return all;
}

std::set<EventWays::Way> EventWays::Passed() const {
  const std::set<Way> from = WithoutState();
  std::set<Way> all = from;
  if (view_.wish().mode != tlcp::Mode::kMerge && !view_.wish().takes) return all;
  for (const Way& way : from) {
    if (way.state) continue;
    Way on = way;
    while (on.at < std::min(flow().size(), way.eos) && MayPass(on.at)) {
      ++on.at;
      all.insert(on);
    }
  }
  return all;
}

std::string EventWays::Describe() const {
  std::string out;
  for (const Way& way : ways_) {
    out += " at=" + std::to_string(way.at);
    if (way.eos != kNone) out += ",eos=" + std::to_string(way.eos);
    if (way.cleared) out += ",cleared";
    if (way.state) out += ",state";
  }
  return out;
}

}  // namespace penstock::test
