// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "kept_state.h"

#include <algorithm>
#include <utility>

namespace penstock::adapter {
namespace {

constexpr std::string_view kKey = "key";
constexpr std::string_view kCommand = "command";
// What a field, a row and an event take beside their strings, roughly.
constexpr size_t kFieldBytes = 96;
constexpr size_t kRowBytes = 128;

const Field* Find(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::optional<std::string_view> View(const std::optional<std::string>& value) {
  return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

}  // namespace

KeptState::KeptState(StateRule rule, KeptBudget* budget)
    : rule_(rule), kind_(rule.kind), budget_(budget) {}

KeptState::~KeptState() { Shrink(bytes_); }

void KeptState::Decide(std::span<const Field> fields) {
  if (kind_ != StateRule::Kind::kAuto) return;
  const bool rows = Find(fields, kKey) != nullptr && Find(fields, kCommand) != nullptr;
  kind_ = rows ? StateRule::Kind::kCommand : StateRule::Kind::kMerge;
}

bool KeptState::CanTellAfter(uint64_t missed) const {
  if (kind_ == StateRule::Kind::kDistinct) return missed < rule_.distinct_events;
  return kind_ != StateRule::Kind::kNone;
}

bool KeptState::Apply(std::span<const Field> fields) {
  Decide(fields);
  ++position_.updates;
  const size_t before = bytes_;
  switch (kind_) {
    case StateRule::Kind::kMerge:
      Store(fields, &fields_);
      break;
    case StateRule::Kind::kCommand:
      ApplyRow(fields);
      break;
    case StateRule::Kind::kDistinct:
      ApplyEvent(fields);
      break;
    case StateRule::Kind::kAuto:
    case StateRule::Kind::kNone:
      return true;
  }
  // What others take is not this item's fault as long as it takes no more itself.
  if (bytes_ <= before) return true;
  if (budget_->used.load(std::memory_order_relaxed) <= budget_->max_bytes) return true;
  Forget();
  kind_ = StateRule::Kind::kNone;
  return false;
}

void KeptState::Clear() {
  ++position_.clears;
  Forget();
}

void KeptState::ApplyRow(std::span<const Field> fields) {
  const Field* const key = Find(fields, kKey);
  const Field* const command = Find(fields, kCommand);
  // The server drops such an event, too.
  if (key == nullptr || !key->value || command == nullptr || !command->value) return;
  auto at = rows_.find(*key->value);
  if (*command->value == "DELETE") {
    if (at == rows_.end()) return;
    size_t bytes = kRowBytes + at->first.size();
    for (const KeptField& field : at->second.fields) {
      bytes += kFieldBytes + field.name.size() + (field.value ? field.value->size() : 0);
    }
    rows_.erase(at);
    Shrink(bytes);
    deleted_ = position_.updates;
    return;
  }
  if (at == rows_.end()) {
    at = rows_.emplace(*key->value, Row{}).first;
    at->second.added = position_.updates;
    Grow(kRowBytes + at->first.size());
  }
  at->second.changed = position_.updates;
  Store(fields, &at->second.fields);
}

void KeptState::ApplyEvent(std::span<const Field> fields) {
  Event& event = events_.emplace_back();
  event.number = position_.updates;
  Grow(kRowBytes);
  Store(fields, &event.fields);
  while (events_.size() > rule_.distinct_events) {
    size_t bytes = kRowBytes;
    for (const KeptField& field : events_.front().fields) {
      bytes += kFieldBytes + field.name.size() + (field.value ? field.value->size() : 0);
    }
    events_.pop_front();
    Shrink(bytes);
  }
}

void KeptState::Store(std::span<const Field> fields, std::vector<KeptField>* kept) {
  // Updates mostly name the same fields in the same order: look first where the last one was found.
  size_t guess = 0;
  for (const Field& field : fields) {
    if (kind_ == StateRule::Kind::kCommand && field.name == kCommand) continue;
    size_t at = guess;
    if (at >= kept->size() || (*kept)[at].name != field.name) {
      for (at = 0; at < kept->size() && (*kept)[at].name != field.name;) ++at;
    }
    if (at == kept->size()) {
      kept->push_back({std::string(field.name), std::nullopt, 0});
      Grow(kFieldBytes + field.name.size());
    }
    KeptField& one = (*kept)[at];
    const size_t before = one.value ? one.value->size() : 0;
    const size_t after = field.value ? field.value->size() : 0;
    if (!field.value) {
      one.value.reset();
    } else if (one.value) {
      one.value->assign(*field.value);
    } else {
      one.value.emplace(*field.value);
    }
    one.changed = position_.updates;
    if (after > before) Grow(after - before);
    if (after < before) Shrink(before - after);
    guess = at + 1;
  }
}

void KeptState::Forget() {
  fields_.clear();
  rows_.clear();
  events_.clear();
  Shrink(bytes_);
}

void KeptState::Grow(size_t bytes) {
  bytes_ += bytes;
  budget_->used.fetch_add(bytes, std::memory_order_relaxed);
}

void KeptState::Shrink(size_t bytes) {
  bytes_ -= bytes;
  budget_->used.fetch_sub(bytes, std::memory_order_relaxed);
}

uint64_t KeptState::Replay(const std::optional<Position>& seen, const std::function<void()>& clear,
                           const UpdateSink& sink) const {
  switch (kind_) {
    case StateRule::Kind::kMerge:
      return ReplayMerge(seen, clear, sink);
    case StateRule::Kind::kCommand:
      return ReplayRows(seen, clear, sink);
    case StateRule::Kind::kDistinct:
      return ReplayEvents(seen, clear, sink);
    case StateRule::Kind::kAuto:
    case StateRule::Kind::kNone:
      break;
  }
  // A node that missed updates shows values that are not true any more, and nobody knows the true
  // ones.
  const bool stale = given_up() && seen && seen->updates != position_.updates;
  if (stale || ClearedSince(seen)) clear();
  return 0;
}

uint64_t KeptState::ReplayMerge(const std::optional<Position>& seen,
                                const std::function<void()>& clear, const UpdateSink& sink) const {
  if (ClearedSince(seen)) clear();
  std::vector<Field> fields;
  for (const KeptField& field : fields_) {
    if (!seen || field.changed > seen->updates) fields.push_back({field.name, View(field.value)});
  }
  if (fields.empty()) return 0;
  sink(fields);
  return 1;
}

uint64_t KeptState::ReplayRows(const std::optional<Position>& seen,
                               const std::function<void()>& clear, const UpdateSink& sink) const {
  // Nothing is kept of rows that are gone, so a node that may have one of them starts over.
  const bool over = ClearedSince(seen) || (seen && deleted_ > seen->updates);
  if (over) clear();
  const bool all = !seen || over;
  std::vector<const Rows::value_type*> order;
  for (const auto& row : rows_) {
    if (all || row.second.changed > seen->updates) order.push_back(&row);
  }
  std::sort(order.begin(), order.end(),
            [](auto* a, auto* b) { return a->second.added < b->second.added; });
  std::vector<Field> fields;
  for (const auto* row : order) {
    fields.clear();
    for (const KeptField& field : row->second.fields) {
      fields.push_back({field.name, View(field.value)});
    }
    fields.push_back({kCommand, all || row->second.added > seen->updates ? "ADD" : "UPDATE"});
    sink(fields);
  }
  return order.size();
}

uint64_t KeptState::ReplayEvents(const std::optional<Position>& seen,
                                 const std::function<void()>& clear, const UpdateSink& sink) const {
  // With a gap, the history of the node's clients is none: they start over with what is kept.
  const bool gap = seen && position_.updates > seen->updates &&
                   (events_.empty() || events_.front().number > seen->updates + 1);
  if (gap || ClearedSince(seen)) clear();
  uint64_t told = 0;
  std::vector<Field> fields;
  for (const Event& event : events_) {
    if (seen && event.number <= seen->updates) continue;
    fields.clear();
    for (const KeptField& field : event.fields) fields.push_back({field.name, View(field.value)});
    sink(fields);
    ++told;
  }
  return told;
}

}  // namespace penstock::adapter
