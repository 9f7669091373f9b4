// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/shared_text.h"

#include <new>

namespace penstock::session {

void SharedText::Free(Entry* entry) {
  if (entry->table != nullptr) entry->table->entries_.erase(entry);
  ::operator delete(entry);
}

TextTable::~TextTable() {
  for (Entry* const entry : entries_) entry->table = nullptr;
}

SharedText TextTable::Get(std::string_view text) {
  if (const auto it = entries_.find(text); it != entries_.end()) return SharedText(*it);
  void* const memory = ::operator new(sizeof(Entry) + text.size());
  auto* const entry = new (memory) Entry{this, 0, static_cast<std::uint32_t>(text.size())};
  text.copy(reinterpret_cast<char*>(entry + 1), text.size());
  entries_.insert(entry);
  return SharedText(entry);
}

}  // namespace penstock::session
