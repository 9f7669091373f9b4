// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/replay.h"

#include <algorithm>

namespace penstock::stocklist {
namespace {

void Apply(const Fields& changed, Fields& present) {
  for (const auto& [name, value] : changed) {
    const auto known =
        std::find_if(present.begin(), present.end(),
                     [&name = name](const auto& field) { return field.first == name; });
    if (known != present.end()) {
      known->second = value;
    } else {
      present.emplace_back(name, value);
    }
  }
}

}  // namespace

std::optional<Replay> Replay::Create(const Recording& recording, CalendarDay from, CalendarDay to) {
  const auto& days = recording.trading_days;
  const auto first = std::lower_bound(days.begin(), days.end(), from);
  const auto end = std::upper_bound(days.begin(), days.end(), to);
  if (first >= end) {
    return std::nullopt;
  }
  Replay replay(recording, static_cast<std::size_t>(first - days.begin()),
                static_cast<std::size_t>(end - days.begin()));
  const auto& updates = recording.updates;
  replay.first_update_ = static_cast<std::size_t>(
      std::find_if(updates.begin(), updates.end(),
                   [from](const RecordedUpdate& update) { return update.day >= from; }) -
      updates.begin());
  replay.BeginPass(nullptr);
  return replay;
}

Replay::Replay(const Recording& recording, std::size_t first_day, std::size_t end_day)
    : recording_(&recording), first_day_(first_day), end_day_(end_day) {
  for (const auto& [item, constant] : recording.items) {
    present_.emplace(item, constant);
  }
  // Every field that an item will ever have is there from the start, so that a snapshot has the
  // same fields on the first day as on the last.
  for (const RecordedUpdate& update : recording.updates) {
    Fields& fields = present_.find(update.item)->second;
    for (const auto& [name, value] : update.fields) {
      Apply({{name, std::nullopt}}, fields);
    }
  }
}

void Replay::BeginPass(Updates* updates) {
  ++pass_;
  next_day_ = first_day_;
  next_update_ = first_update_;
  for (const auto& [item, constant] : recording_->items) {
    Fields& fields = present_.find(item)->second;
    Fields changed = {{"replay", std::to_string(pass_)}};
    for (const auto& [name, value] : fields) {
      const bool is_constant =
          std::any_of(constant.begin(), constant.end(),
                      [&name = name](const auto& field) { return field.first == name; });
      if (!is_constant && name != "replay") {
        changed.emplace_back(name, std::nullopt);
      }
    }
    Apply(changed, fields);
    if (updates != nullptr) {
      updates->emplace_back(item, std::move(changed));
    }
  }
}

Replay::Updates Replay::Step() {
  Updates updates;
  if (next_day_ == end_day_) {
    BeginPass(&updates);
  }
  const CalendarDay today = recording_->trading_days[next_day_++];
  while (next_update_ < recording_->updates.size() &&
         recording_->updates[next_update_].day <= today) {
    const RecordedUpdate& update = recording_->updates[next_update_++];
    Apply(update.fields, present_.find(update.item)->second);
    updates.emplace_back(update.item, update.fields);
  }
  return updates;
}

const Fields* Replay::Find(std::string_view item) const {
  const auto found = present_.find(item);
  return found == present_.end() ? nullptr : &found->second;
}

}  // namespace penstock::stocklist
