// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"

namespace penstock::session {

class TextTable;

// A text that clients of one kind have alike (a group, a schema, the head of a handshake), kept
// once for all who hold it. As cheap to copy as a pointer. Shard: that of its table.
class SharedText {
 public:
  SharedText() = default;  // none, which is something else than an empty one
  SharedText(const SharedText& other) : entry_(other.entry_) {
    if (entry_ != nullptr) ++entry_->holders;
  }
  SharedText(SharedText&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~SharedText() {
    if (entry_ != nullptr && --entry_->holders == 0) Free(entry_);
  }

  explicit operator bool() const { return entry_ != nullptr; }
  std::string_view view() const { return entry_ == nullptr ? std::string_view() : entry_->text(); }
  std::string str() const { return std::string(view()); }

 private:
  friend class TextTable;

  // In front of the bytes.
  struct Entry {
    TextTable* table;  // null: it is gone already
    std::uint32_t holders;
    std::uint32_t size;
    std::string_view text() const { return {reinterpret_cast<const char*>(this + 1), size}; }
  };

  explicit SharedText(Entry* entry) : entry_(entry) { ++entry->holders; }
  static void Free(Entry* entry);

  Entry* entry_ = nullptr;
};

// Finds equal texts; each is there for as long as somebody holds it. Shard: own; one per shard.
class TextTable {
 public:
  TextTable() = default;
  ~TextTable();
  TextTable(const TextTable&) = delete;
  TextTable& operator=(const TextTable&) = delete;

  SharedText Get(std::string_view text);
  std::size_t size() const { return entries_.size(); }

 private:
  friend class SharedText;
  using Entry = SharedText::Entry;

  // Seeded anew in each process: strangers choose the texts.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return absl::HashOf(text); }
    std::size_t operator()(const Entry* entry) const { return absl::HashOf(entry->text()); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const { return a == b; }
    bool operator()(const Entry* a, std::string_view b) const { return a->text() == b; }
  };

  absl::flat_hash_set<Entry*, Hash, Equal> entries_;
};

}  // namespace penstock::session
