// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "session/metadata_port.h"

namespace penstock::adapters {

// The end of a session (NSC), or of one of its tables (NTC).
struct CloseNotice {
  std::string session_id;
  std::optional<session::Table> table = std::nullopt;  // nothing: the session's
};

// What a Metadata Adapter has to be told about ends, as long as it may have to be told again: kept
// until the adapter has answered, so that the next one can be told what the last one may not have
// heard (ari.md §1.10). How much that is, is the operator's choice:
//
//   pessimistic  all from the first one without an answer on, those with one too: in order
//   optimistic   all behind the last one with an answer
//   unneeded     nothing
//
// A call that has timed out counts as answered. The number and the size of what is kept is bounded:
// beyond, the oldest is dropped. Owned by CloseNotifier. Shard: the proxy's.
class CloseJournal {
 public:
  using Serial = std::uint64_t;
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  struct Entry {
    enum class State : std::uint8_t {
      kUnderWay,  // a call is to come or has no answer yet
      kWaiting,   // for the next remote adapter
      kAnswered,
    };
    CloseNotice notice;
    State state = State::kUnderWay;
    std::size_t bytes = 0;
  };

  CloseJournal(config::CloseNotificationsRecovery policy, std::size_t most)
      : policy_(policy), most_(most) {}

  // Before the call about `notice` is made. Gives what had to be dropped for it and waits for no
  // answer.
  Serial Add(const CloseNotice& notice, std::vector<CloseNotice>* dropped);
  // The call has an answer, or none in time.
  void OnAnswered(Serial serial);
  // There was nobody to answer it. True if it is kept for the next remote adapter.
  bool OnLost(Serial serial);
  // Takes out all that the next remote adapter is to be told, in order.
  std::vector<Entry> TakeAll();

  std::size_t size() const { return entries_.size(); }

 private:
  Entry* Find(Serial serial);
  void PopFront();

  // Fixed after construction.
  const config::CloseNotificationsRecovery policy_;
  const std::size_t most_;

  // State.
  std::deque<Entry> entries_;
  Serial first_ = 0;  // of entries_
  std::size_t bytes_ = 0;
};

}  // namespace penstock::adapters
