// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/tail_table.h"

#include <utility>

namespace penstock::session {

using kernel::Position;

namespace {

// No two of the tails that are wanted at once share a place while there are no more of them than
// places: of those from one event to the next, that sessions in step need, and of those from
// anywhere to the newest, that filtered MERGE needs. `size` is a power of two.
std::size_t IndexOf(Position from, Position to, std::size_t size) {
  return static_cast<std::size_t>(2 * to.event() + from.event()) & (size - 1);
}

}  // namespace

const LineBlock* TailTable::Find(Position from, Position to) const {
  const Entry& entry = entries_[IndexOf(from, to, entries_.size())];
  return entry.to == to && entry.from == from ? &entry.bytes : nullptr;
}

const LineBlock& TailTable::Store(Position over, Position from, Position to,
                                  std::string_view bytes) {
  if (bytes_ > kMostBytes) {
    entries_.assign(kFewest, Entry());
    stores_ = losses_ = bytes_ = 0;
  }
  if (stores_++ == entries_.size()) Review(over);
  Entry& entry = entries_[IndexOf(from, to, entries_.size())];
  if (entry.to != Position() && entry.to > over) ++losses_;
  bytes_ -= entry.bytes.size();
  bytes_ += bytes.size();
  entry.from = from;
  entry.to = to;
  entry.bytes.Assign(bytes);
  return entry.bytes;
}

void TailTable::Review(Position over) {
  for (Entry& entry : entries_) {
    if (entry.to == Position() || entry.to > over) continue;
    bytes_ -= entry.bytes.size();
    entry = Entry();
  }
  if (4 * losses_ > entries_.size() && entries_.size() < kMost) Grow();
  stores_ = losses_ = 0;
}

void TailTable::Grow() {
  std::vector<Entry> old(2 * entries_.size());
  std::swap(old, entries_);
  for (Entry& one : old) {
    if (one.to == Position()) continue;
    Entry& target = entries_[IndexOf(one.from, one.to, entries_.size())];
    bytes_ -= target.bytes.size();
    target = std::move(one);
  }
}

}  // namespace penstock::session
