// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/string_hash.h"

namespace penstock::session {

// When the next update may go, where one that was due at `due` goes now. An update that is a little
// late does not put off those behind it, so that the granted frequency is the average; after a
// silence the rhythm starts anew.
inline TimePoint NextDue(TimePoint due, TimePoint now, Duration interval) {
  const TimePoint next = due + interval;
  return next > now ? std::max(next, now + interval / 2) : now + interval;
}

// The rows of a COMMAND item whose UPDATEs wait: each key has a frequency of its own (TLCP §6.4).
// Holds at most one entry a row. Owned by the subscription's cursor. Shard: the session's.
class KeyPaces {
 public:
  // May an UPDATE of `key` go now?
  bool MayGo(std::string_view key, TimePoint now) const;
  // An event of `key` has gone. With an interval of zero nothing is remembered.
  void Sent(std::string_view key, TimePoint now, Duration interval);
  // The row's latest values are to go as soon as its time has come. False if they wait already.
  bool Defer(std::string_view key, TimePoint now);
  // The next key whose time has come, taken off the list of those that wait; its pace stays.
  std::optional<std::string> TakeDue(TimePoint now);
  // True if the key waited.
  bool Forget(std::string_view key);
  void Clear();
  // No interval is in force any more: what waits may go now, and nothing else is remembered.
  void Restart(TimePoint now);
  // The interval is longer by so much: so is the time from the last event of each key to its next.
  void Stretch(Duration by);

  // When TakeDue() will have something; max if nothing waits.
  TimePoint next_due();
  std::size_t waiting() const { return waiting_; }
  std::size_t size() const { return paces_.size(); }

 private:
  struct Pace {
    TimePoint due{};
    bool waits = false;
  };
  struct Wait {
    TimePoint due;
    std::string key;
    bool operator<(const Wait& other) const { return due > other.due; }  // earliest on top
  };
  bool IsStale(const Wait& wait) const;
  void ListWaits();

  absl::flat_hash_map<std::string, Pace, StringHash, std::equal_to<>> paces_;
  std::size_t waiting_ = 0;
  std::vector<Wait> waits_;  // a heap; entries whose key was forgotten or has gone are stale
};

}  // namespace penstock::session
