// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/message_queue.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace penstock::session {

using tlcp::MakeError;
using tlcp::RequestCode;

namespace {

// What a number says that was passed already: below a skipped one nobody knows which it was.
tlcp::Error TooLate(std::uint64_t prog, std::uint64_t last_skipped) {
  return MakeError(prog <= last_skipped ? RequestCode::kMessageTooLate
                                        : RequestCode::kMessageDuplicate);
}

}  // namespace

std::optional<tlcp::Error> MessageQueue::Accept(tlcp::Message message, TimePoint now) {
  return message.sequence ? AcceptInSequence(std::move(message), now)
                          : AcceptUnsequenced(std::move(message), now);
}

std::optional<tlcp::Error> MessageQueue::CheckRoom() const {
  if (count_ >= limits_.messages) {
    return MakeError(RequestCode::kInternalError, "Too many messages wait to be processed");
  }
  if (bytes_ >= limits_.bytes) {
    return MakeError(RequestCode::kInternalError, "Too much text waits to be processed");
  }
  return std::nullopt;
}

void MessageQueue::Pass(const tlcp::Message& message) {
  if (!message.prog) return;
  const auto prog = static_cast<Prog>(*message.prog);
  if (!message.sequence) {
    if (prog != unsequenced_.next) return;
    unsequenced_.last_skipped = prog;
    unsequenced_.next = prog + 1;
    return;
  }
  auto it = sequences_.find(*message.sequence);
  if (it == sequences_.end()) {
    if (prog != 1 || sequences_.size() >= limits_.sequences) return;
    it = sequences_.emplace(*message.sequence, Sequence()).first;
    name_bytes_ += it->first.size();
  }
  if (it->second.next != prog) return;
  it->second.next = prog + 1;
  it->second.last_skipped = prog;
  ExtendLine(it->second);
  Promote(*it);
}

// --- Sequences

std::optional<tlcp::Error> MessageQueue::AcceptInSequence(tlcp::Message message, TimePoint now) {
  const auto prog = static_cast<Prog>(*message.prog);
  auto it = sequences_.find(*message.sequence);
  if (it == sequences_.end()) {
    if (sequences_.size() >= limits_.sequences || name_bytes_ >= limits_.bytes) {
      return MakeError(RequestCode::kInternalError, "Too many message sequences");
    }
    it = sequences_.emplace(*message.sequence, Sequence()).first;
    name_bytes_ += it->first.size();
  }
  Sequence& sequence = it->second;
  if (prog < sequence.next) return TooLate(prog, sequence.last_skipped);
  if (sequence.waiting.contains(prog)) return MakeError(RequestCode::kMessageDuplicate);
  if (std::optional<tlcp::Error> full = CheckRoom()) {
    Pass(message);
    return full;
  }
  ++count_;
  bytes_ += message.text.size() + it->first.size();
  Waiting waiting{std::move(message.text), message.outcome, TimePoint::max()};
  if (prog > sequence.next) {
    waiting.deadline =
        now + std::min(message.max_wait.value_or(limits_.missing_timeout), limits_.missing_timeout);
    next_deadline_ = std::min(next_deadline_, waiting.deadline);
  }
  sequence.waiting.emplace(prog, std::move(waiting));
  ExtendLine(sequence);
  Promote(*it);
  return std::nullopt;
}

void MessageQueue::ExtendLine(Sequence& sequence) {
  for (auto it = sequence.waiting.find(sequence.next);
       it != sequence.waiting.end() && it->first == sequence.next; ++it) {
    ++sequence.next;
  }
}

void MessageQueue::Promote(Sequences::value_type& entry) {
  Sequence& sequence = entry.second;
  if (sequence.busy || sequence.waiting.empty()) return;
  const auto first = sequence.waiting.begin();
  if (first->first >= sequence.next) return;
  sequence.busy = true;
  MakeReady({&entry, static_cast<std::int64_t>(first->first), first->second.outcome_wanted},
            std::move(first->second.text));
  sequence.waiting.erase(first);
}

void MessageQueue::MakeReady(UnderWay message, std::string text) {
  message.bytes = text.size();
  if (message.sequence != nullptr) message.bytes += message.sequence->first.size();
  const Ticket ticket = next_ticket_++;
  under_way_.emplace(ticket, message);
  ready_.push_back({ticket, std::move(text)});
}

std::optional<MessageQueue::Ready> MessageQueue::TakeReady() {
  if (ready_.empty()) return std::nullopt;
  Ready ready = std::move(ready_.front());
  ready_.pop_front();
  return ready;
}

MessageQueue::Finished MessageQueue::Finish(Ticket ticket) {
  const auto it = under_way_.find(ticket);
  PENSTOCK_CHECK(it != under_way_.end());
  const UnderWay message = it->second;
  under_way_.erase(it);
  --count_;
  bytes_ -= message.bytes;
  Finished finished{{}, message.prog, message.outcome_wanted};
  if (message.sequence != nullptr) {
    finished.sequence = message.sequence->first;
    message.sequence->second.busy = false;
    Promote(*message.sequence);
  }
  return finished;
}

// --- Without a sequence

std::optional<tlcp::Error> MessageQueue::AcceptUnsequenced(tlcp::Message message, TimePoint now) {
  const auto prog = static_cast<Prog>(message.prog.value_or(0));
  if (message.prog && prog < unsequenced_.next) {
    const auto above = unsequenced_.holes.upper_bound(prog);
    const bool missing =
        above != unsequenced_.holes.begin() && std::prev(above)->second.last >= prog;
    if (!missing) return TooLate(prog, unsequenced_.last_skipped);
  }
  std::optional<tlcp::Error> refusal = CheckRoom();
  if (!refusal && message.prog && prog != unsequenced_.next &&
      unsequenced_.holes.size() >= limits_.messages) {
    refusal = MakeError(RequestCode::kInternalError, "Too many messages are missing");
  }
  if (refusal) {
    Pass(message);
    return refusal;
  }
  if (message.prog) Note(prog, now);
  ++count_;
  bytes_ += message.text.size();
  MakeReady({nullptr, message.prog.value_or(0), message.outcome && message.prog},
            std::move(message.text));
  return std::nullopt;
}

void MessageQueue::Note(Prog prog, TimePoint now) {
  Unsequenced& seen = unsequenced_;
  if (prog >= seen.next) {
    if (prog > seen.next) {
      const TimePoint deadline = now + limits_.missing_timeout;
      seen.holes.emplace(seen.next, Unsequenced::Hole{prog - 1, deadline});
      next_deadline_ = std::min(next_deadline_, deadline);
    }
    seen.next = prog + 1;
    return;
  }
  const auto it = std::prev(seen.holes.upper_bound(prog));
  const Prog first = it->first;
  const Unsequenced::Hole hole = it->second;
  seen.holes.erase(it);
  if (first < prog) seen.holes.emplace(first, Unsequenced::Hole{prog - 1, hole.deadline});
  if (prog < hole.last) seen.holes.emplace(prog + 1, hole);
}

// --- Time

std::vector<MessageQueue::Skipped> MessageQueue::Expire(TimePoint now) {
  std::vector<Skipped> skipped;
  next_deadline_ = TimePoint::max();
  ExpireUnsequenced(now, skipped);
  for (Sequences::value_type& sequence : sequences_) ExpireSequence(sequence, now, skipped);
  return skipped;
}

void MessageQueue::ExpireSequence(Sequences::value_type& entry, TimePoint now,
                                  std::vector<Skipped>& out) {
  Sequence& sequence = entry.second;
  // A message whose time is over takes those before it along.
  Prog through = 0;
  const auto first_apart = sequence.waiting.lower_bound(sequence.next);
  for (auto it = first_apart; it != sequence.waiting.end(); ++it) {
    if (it->second.deadline <= now) through = it->first;
  }
  auto it = first_apart;
  for (; it != sequence.waiting.end() && it->first <= through; ++it) {
    if (it->first > sequence.next) {
      sequence.last_skipped = it->first - 1;
      out.push_back({entry.first, static_cast<std::int64_t>(sequence.last_skipped),
                     static_cast<std::int64_t>(it->first - sequence.next)});
    }
    sequence.next = it->first + 1;
  }
  ExtendLine(sequence);
  Promote(entry);
  for (it = sequence.waiting.lower_bound(sequence.next); it != sequence.waiting.end(); ++it) {
    next_deadline_ = std::min(next_deadline_, it->second.deadline);
  }
}

void MessageQueue::ExpireUnsequenced(TimePoint now, std::vector<Skipped>& out) {
  auto& holes = unsequenced_.holes;
  while (!holes.empty() && holes.begin()->second.deadline <= now) {
    const auto [first, hole] = *holes.begin();
    unsequenced_.last_skipped = std::max(unsequenced_.last_skipped, hole.last);
    out.push_back({{},
                   static_cast<std::int64_t>(hole.last),
                   static_cast<std::int64_t>(hole.last - first + 1)});
    holes.erase(holes.begin());
  }
  if (!holes.empty()) next_deadline_ = std::min(next_deadline_, holes.begin()->second.deadline);
}

}  // namespace penstock::session
