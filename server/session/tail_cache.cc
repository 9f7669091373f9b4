// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/tail_cache.h"

#include <algorithm>
#include <memory>

#include "tlcp/line_writer.h"
#include "tlcp/value_diff.h"

namespace penstock::session {

using kernel::EventLog;
using kernel::LocalItem;
using kernel::MergeState;
using kernel::Position;
using kernel::Row;
using kernel::RowAction;
using kernel::View;

namespace {

// Different schemas on one item that are remembered at once; more take turns.
constexpr std::size_t kSchemas = 8;
constexpr std::size_t kLargestTail = 64 * 1024;
constexpr std::size_t kDiffs = 64;

}  // namespace

TailCache& TailCache::Of(LocalItem& item) {
  if (item.attachment() == nullptr) item.set_attachment(std::make_unique<TailCache>());
  return static_cast<TailCache&>(*item.attachment());
}

TailCache::OfSchema& TailCache::Find(LocalItem& item, const Schema& schema) {
  OfSchema* found = nullptr;
  for (OfSchema& entry : schemas_) {
    if (entry.schema_id == schema.id) {
      found = &entry;
      break;
    }
  }
  if (found == nullptr) {
    if (schemas_.size() < kSchemas) {
      found = &schemas_.emplace_back();
    } else {
      found = &schemas_[next_schema_++ % kSchemas];
      *found = OfSchema();
    }
    found->schema_id = schema.id;
  }
  if (found->known_fields == item.field_count() &&
      found->known_declarations == item.declarations()) {
    return *found;
  }
  found->known_fields = item.field_count();
  found->known_declarations = item.declarations();
  found->places.clear();
  for (const kernel::FieldId field : schema.fields) {
    Place place;
    place.at = item.Find(field);
    if (const std::optional<DiffOrder> declared = item.DiffOrderOf(field)) {
      place.order = *declared;
    } else {
      place.order = schema.diffs->default_order;
    }
    const bool structural = ModeOf(item.view()) == kernel::Mode::kCommand &&
                            (field == kernel::kKeyField || field == kernel::kCommandField);
    if (structural || (!schema.support.json_patch && !schema.support.tlcp_diff)) {
      place.order = DiffOrder();
    }
    if (place.at >= 0 && !place.order.empty() && item.view() == View::kMerge) {
      item.KeepPast(static_cast<std::size_t>(place.at));
    }
    has_had_orders_ = has_had_orders_ || !place.order.empty();
    found->places.push_back(place);
  }
  return *found;
}

const LineBlock& TailCache::Tail(LocalItem& item, const Schema& schema, Position from,
                                 Position to) {
  OfSchema& of = Find(item, schema);
  from = BaseFor(item, from);
  if (const LineBlock* const known = of.tails.Find(from, to)) return *known;
  ++encoded_;
  const EventLog* const log = item.log();
  scratch_.clear();
  bool changed = true;
  if (item.view() == View::kMerge && to.event() == item.generation()) {
    changed = EncodeLatest(item, schema, of, from, scratch_);
  } else if (log != nullptr) {
    changed = EncodeRow(item, schema, of, from, to, scratch_);
  }
  if (changed || item.view() != View::kMerge) {
    scratch_ += tlcp::kLineEnd;
  } else {
    scratch_.clear();
  }
  if (scratch_.size() > kLargestTail) {
    uncached_.Assign(scratch_);
    return uncached_;
  }
  const Position over = log == nullptr ? Position(item.generation() - 1) : log->dropped();
  return of.tails.Store(over, from, to, scratch_);
}

bool TailCache::EncodeLatest(const LocalItem& item, const Schema& schema, const OfSchema& of,
                             Position from, std::string& out) {
  tlcp::TailWriter writer(out);
  const bool first = from == Position();
  bool changed = first;
  for (const Place& place : of.places) {
    if (place.at < 0) {  // a field that the adapter never named
      first ? writer.Null() : writer.Unchanged();
      continue;
    }
    const auto at = static_cast<std::size_t>(place.at);
    const MergeState::Slot& slot = item.state().slots()[at];
    if (!first && slot.changed <= from.event()) {
      writer.Unchanged();
      continue;
    }
    changed = true;
    if (slot.is_null) {
      writer.Null();
      continue;
    }
    std::string_view diff;
    if (!first && !place.order.empty()) {
      const std::optional<MergeState::Known> base = item.state().ValueAt(at, from.event());
      if (base && !base->value.is_null) {
        diff = DiffToken(schema, place, Position(base->changed), Position(slot.changed),
                         base->value.text, slot.value);
      }
    }
    diff.empty() ? writer.Value(slot.value) : writer.Token(diff);
  }
  writer.Finish();
  return changed;
}

bool TailCache::EncodeRow(const LocalItem& item, const Schema& schema, const OfSchema& of,
                          Position from, Position to, std::string& out) {
  tlcp::TailWriter writer(out);
  const EventLog::Entry* const next = item.log()->Find(to);
  const EventLog::Entry* const base =
      from == Position() || next == nullptr ? nullptr : item.log()->Find(from);
  bool changed = base == nullptr;
  for (const Place& place : of.places) {
    const auto at = static_cast<std::size_t>(place.at);
    const Row::Value value = place.at < 0 || next == nullptr ? Row::Value() : next->row.Get(at);
    const Row::Value known = place.at < 0 || base == nullptr ? Row::Value() : base->row.Get(at);
    if (base != nullptr && value == known) {
      writer.Unchanged();
      continue;
    }
    changed = true;
    if (value.is_null) {
      writer.Null();
    } else {
      std::string_view diff;
      if (!known.is_null && !place.order.empty()) {
        diff = DiffToken(schema, place, from, to, known.text, value.text);
      }
      diff.empty() ? writer.Value(value.text) : writer.Token(diff);
    }
  }
  writer.Finish();
  return changed;
}

void TailCache::AppendRow(LocalItem& item, const Schema& schema, const Row* base,
                          RowAction base_action, const Row& row, RowAction action,
                          std::string& out) {
  const OfSchema& of = Find(item, schema);
  tlcp::TailWriter writer(out);
  for (std::size_t i = 0; i < of.places.size(); ++i) {
    const auto at = static_cast<std::size_t>(of.places[i].at);
    const bool exists = of.places[i].at >= 0;
    Row::Value value = exists ? row.Get(at) : Row::Value();
    Row::Value known = exists && base != nullptr ? base->Get(at) : Row::Value();
    // As the events of the log: of a row that is gone only its key is told.
    if (action == RowAction::kDelete && schema.fields[i] != kernel::kKeyField) value = Row::Value();
    if (schema.fields[i] == kernel::kCommandField) {
      value = {kernel::CommandText(action), false};
      if (base_action != RowAction::kNone) known = {kernel::CommandText(base_action), false};
    }
    if (base != nullptr && value == known) {
      writer.Unchanged();
    } else if (value.is_null) {
      writer.Null();
    } else {
      writer.Value(value.text);
    }
  }
  writer.Finish();
  out += tlcp::kLineEnd;
  ++encoded_;
}

std::string_view TailCache::DiffToken(const Schema& schema, const Place& place, Position from,
                                      Position to, std::string_view base, std::string_view next) {
  const auto at = static_cast<std::size_t>(place.at);
  for (const Diff& known : diff_cache_) {
    if (known.to == to && known.from == from && known.place == at &&
        known.support == schema.support) {
      return known.token;
    }
  }
  if (diff_cache_.size() < kDiffs) diff_cache_.emplace_back();
  Diff& made = diff_cache_[next_diff_];
  next_diff_ = (next_diff_ + 1) % kDiffs;
  made.place = at;
  made.from = from;
  made.to = to;
  made.support = schema.support;
  made.token.clear();
  ++diffs_computed_;
  if (!tlcp::AppendValueDiff(base, next, place.order, schema.support, schema.diffs->limits,
                             made.token)) {
    made.token.clear();
  }
  return made.token;
}

}  // namespace penstock::session
