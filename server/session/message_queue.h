// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "tlcp/codes.h"
#include "tlcp/request.h"

namespace penstock::session {

// How much of a client's messages one session keeps.
struct MessageLimits {
  std::size_t messages = 1'000;   // accepted and without outcome; missing ones likewise
  std::size_t sequences = 1'000;  // names used in the life of the session
  std::size_t bytes = 1'048'576;  // of those messages; a single one is always taken
  Millis missing_timeout{30000};  // for messages that overtook others
};

// In which order the messages of a session go to the Metadata Adapter (TLCP §3.8): one after the
// other within a sequence, all others at once; none twice; and what does not come in time is given
// up. It calls nobody: the session takes from it what is to be done.
//
// Owned by its Session. Shard: own. Invariant: no number is processed twice, or after it was given
// up.
class MessageQueue {
 public:
  using Ticket = std::uint64_t;

  // A message that may go to the Metadata Adapter now.
  struct Ready {
    Ticket ticket = 0;
    std::string text;
  };
  // A message that has its outcome; the name is empty without a sequence.
  struct Finished {
    std::string sequence;
    std::int64_t prog = 0;
    bool outcome_wanted = false;
  };
  // `count` numbers up to `last_prog` did not come in time.
  struct Skipped {
    std::string sequence;
    std::int64_t last_prog = 0;
    std::int64_t count = 0;
  };

  explicit MessageQueue(const MessageLimits& limits) : limits_(limits) {}

  // Nothing, or what the client is told. Clients do not repeat what was refused: if the number is
  // the one expected, nobody waits for it.
  std::optional<tlcp::Error> Accept(tlcp::Message message, TimePoint now);
  // The client was told that the message is refused, for a reason that is not ours.
  void Pass(const tlcp::Message& message);
  // The next message to go; nothing: none for now.
  std::optional<Ready> TakeReady();
  // The outcome of a message taken is there: the next of its sequence may go.
  Finished Finish(Ticket ticket);
  // Gives up what has not come in time.
  std::vector<Skipped> Expire(TimePoint now);
  // When Expire() is next to be called: maybe too early, never late.
  TimePoint next_deadline() const { return next_deadline_; }

 private:
  // Numbers have the client's range, and one more.
  using Prog = std::uint64_t;

  struct Waiting {
    std::string text;
    bool outcome_wanted = false;
    TimePoint deadline{};  // for the missing numbers below
  };
  struct Sequence {
    Prog next = 1;          // the lowest number that is not in line
    Prog last_skipped = 0;  // below it a number may have been processed or not
    bool busy = false;      // one is ready or with the Metadata Adapter
    // Below `next`: in line. Above: numbers are missing before them.
    std::map<Prog, Waiting> waiting;
  };
  using Sequences = std::map<std::string, Sequence, std::less<>>;

  // Messages without a sequence are not kept. All numbers below `next` were seen but these holes.
  struct Unsequenced {
    struct Hole {
      Prog last = 0;
      TimePoint deadline{};
    };
    Prog next = 1;
    Prog last_skipped = 0;
    std::map<Prog, Hole> holes;  // by first number; deadlines grow with it
  };

  struct UnderWay {
    Sequences::value_type* sequence = nullptr;  // null: none
    std::int64_t prog = 0;
    bool outcome_wanted = false;
    std::size_t bytes = 0;
  };

  std::optional<tlcp::Error> AcceptInSequence(tlcp::Message message, TimePoint now);
  std::optional<tlcp::Error> AcceptUnsequenced(tlcp::Message message, TimePoint now);
  std::optional<tlcp::Error> CheckRoom() const;
  // Takes into the line what follows without a gap.
  static void ExtendLine(Sequence& sequence);
  // Lets the first in line go if none of the sequence is under way.
  void Promote(Sequences::value_type& sequence);
  void MakeReady(UnderWay message, std::string text);
  // Notes that the number was seen.
  void Note(Prog prog, TimePoint now);
  void ExpireSequence(Sequences::value_type& sequence, TimePoint now, std::vector<Skipped>& out);
  void ExpireUnsequenced(TimePoint now, std::vector<Skipped>& out);

  const MessageLimits limits_;
  Sequences sequences_;
  std::size_t name_bytes_ = 0;
  Unsequenced unsequenced_;
  std::deque<Ready> ready_;
  absl::flat_hash_map<Ticket, UnderWay> under_way_;  // ready, or with the Metadata Adapter
  Ticket next_ticket_ = 1;
  std::size_t count_ = 0;  // messages without outcome
  std::size_t bytes_ = 0;  // of those
  TimePoint next_deadline_ = TimePoint::max();
};

}  // namespace penstock::session
