// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/close_journal.h"

#include <iterator>
#include <utility>

namespace penstock::adapters {

namespace {

using Policy = config::CloseNotificationsRecovery;

std::size_t SizeOf(const CloseNotice& notice) {
  std::size_t bytes = sizeof(CloseJournal::Entry) + notice.session_id.size();
  if (!notice.table) return bytes;
  const session::Table& table = *notice.table;
  bytes += table.group.size() + table.schema.size() + table.data_adapter.size();
  for (const std::string& item : table.items) bytes += sizeof(item) + item.size();
  return bytes + table.statistics.size() * sizeof(session::ItemStatistics);
}

}  // namespace

CloseJournal::Serial CloseJournal::Add(const CloseNotice& notice,
                                       std::vector<CloseNotice>* dropped) {
  if (policy_ == Policy::kUnneeded) return 0;
  Entry entry{notice, Entry::State::kUnderWay, SizeOf(notice)};
  while (!entries_.empty() && (entries_.size() >= most_ || bytes_ + entry.bytes > kMaxBytes)) {
    if (entries_.front().state == Entry::State::kWaiting) {
      dropped->push_back(std::move(entries_.front().notice));
    }
    PopFront();
  }
  bytes_ += entry.bytes;
  entries_.push_back(std::move(entry));
  return first_ + entries_.size() - 1;
}

void CloseJournal::OnAnswered(Serial serial) {
  Entry* const entry = Find(serial);
  if (entry == nullptr) return;
  entry->state = Entry::State::kAnswered;
  if (policy_ == Policy::kOptimistic) {
    while (first_ <= serial) PopFront();
  } else {
    while (!entries_.empty() && entries_.front().state == Entry::State::kAnswered) PopFront();
  }
}

bool CloseJournal::OnLost(Serial serial) {
  Entry* const entry = Find(serial);
  if (entry == nullptr) return false;
  entry->state = Entry::State::kWaiting;
  return true;
}

std::vector<CloseJournal::Entry> CloseJournal::TakeAll() {
  std::vector<Entry> all(std::move_iterator(entries_.begin()), std::move_iterator(entries_.end()));
  first_ += entries_.size();
  entries_.clear();
  bytes_ = 0;
  return all;
}

CloseJournal::Entry* CloseJournal::Find(Serial serial) {
  if (policy_ == Policy::kUnneeded || serial < first_) return nullptr;
  return &entries_[serial - first_];
}

void CloseJournal::PopFront() {
  bytes_ -= entries_.front().bytes;
  entries_.pop_front();
  ++first_;
}

}  // namespace penstock::adapters
