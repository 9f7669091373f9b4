// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "kernel/merge_state.h"

namespace penstock::kernel {

namespace {

// Of the former values of one field.
constexpr std::size_t kPastBytes = 256 * 1024;

void Remember(const MergeState::Slot& slot) {
  MergeState::Past& past = *slot.past;
  MergeState::Past::Entry& entry = past.entries[past.next];
  past.next = (past.next + 1) % MergeState::Past::kValues;
  past.bytes += slot.value.size();
  past.bytes -= entry.value.size();
  entry.changed = slot.changed;
  entry.is_null = slot.is_null;
  entry.value = slot.value;
  // The oldest go first; the one that was just stored may go too if it alone is too large.
  for (std::size_t i = 0; past.bytes > kPastBytes && i < MergeState::Past::kValues; ++i) {
    MergeState::Past::Entry& oldest = past.entries[(past.next + i) % MergeState::Past::kValues];
    past.bytes -= oldest.value.size();
    oldest = MergeState::Past::Entry();
  }
}

}  // namespace

bool MergeState::Set(Slot& slot, std::string_view text, bool is_null, Generation generation) {
  if (slot.is_null == is_null && (is_null || slot.value == text)) return false;
  // A field that an event names twice has one value in that generation: the last.
  if (slot.past != nullptr && slot.changed != generation) Remember(slot);
  slot.is_null = is_null;
  slot.value.assign(is_null ? std::string_view() : text);
  slot.changed = generation;
  return true;
}

bool MergeState::Apply(const ItemEvent& event) {
  const Generation next = generation_ + 1;
  bool changed = generation_ == 0;
  if (event.replaces_state) {
    named_.assign(slots_.size(), false);
    for (const FieldValue& value : event.fields) {
      if (const int at = Find(value.field); at >= 0) named_[static_cast<std::size_t>(at)] = true;
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (!named_[i]) changed = Set(slots_[i], {}, true, next) || changed;
    }
  }
  std::size_t hint = 0;
  for (const FieldValue& value : event.fields) {
    const std::size_t at = fields_.FindOrAdd(value.field, &hint);
    if (at == slots_.size()) slots_.push_back({value.field, 0, true, {}, nullptr});
    changed = Set(slots_[at], value.text, value.is_null, next) || changed;
  }
  if (changed) generation_ = next;
  return changed;
}

bool MergeState::Clear() {
  bool changed = false;
  for (Slot& slot : slots_) changed = Set(slot, {}, true, generation_ + 1) || changed;
  if (changed) ++generation_;
  return changed;
}

void MergeState::CopyTo(std::vector<FieldValue>* fields) const {
  fields->clear();
  for (const Slot& slot : slots_) fields->push_back({slot.field, slot.value, slot.is_null});
}

void MergeState::CopyChanges(Generation since, std::vector<FieldValue>* fields) const {
  fields->clear();
  for (const Slot& slot : slots_) {
    if (slot.changed > since) fields->push_back({slot.field, slot.value, slot.is_null});
  }
}

void MergeState::CopyTo(Row* row) const {
  row->Reset(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) row->Set(i, {slots_[i].value, slots_[i].is_null});
}

void MergeState::KeepPast(std::size_t slot) {
  if (slots_[slot].past == nullptr) slots_[slot].past = std::make_unique<Past>();
}

std::optional<MergeState::Known> MergeState::ValueAt(std::size_t slot,
                                                     Generation generation) const {
  const Slot& present = slots_[slot];
  if (present.changed <= generation) {
    return Known{{present.value, present.is_null}, present.changed};
  }
  if (present.past == nullptr) return std::nullopt;
  // Newest first: the first one not younger than `generation` is what was there then.
  for (std::size_t i = 1; i <= Past::kValues; ++i) {
    const Past::Entry& entry =
        present.past->entries[(present.past->next + Past::kValues - i) % Past::kValues];
    if (entry.changed == 0) return std::nullopt;
    if (entry.changed <= generation) return Known{{entry.value, entry.is_null}, entry.changed};
  }
  return std::nullopt;
}

}  // namespace penstock::kernel
