// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// All that time does to a session, on one timer: unbound timeout, keepalive, sync, long polls,
// inactivity, coalescing window, frequency, time to live and missing messages (TLCP §7, §3.8).

#include <algorithm>

#include "base/log.h"
#include "session/message_queue.h"
#include "session/pump.h"
#include "session/recovery_log.h"
#include "session/session.h"
#include "session/session_table.h"
#include "tlcp/line_writer.h"

namespace penstock::session {

namespace {
// Sessions whose PROBE is due in the same slot get it in the same turn.
constexpr Duration kProbeSlot = std::chrono::milliseconds(50);
}  // namespace

void Session::ArmAt(TimePoint at) {
  if (at != TimePoint::max() && !closed_) table_.shard().wheel().ArmBy(timer_, at);
}

// Somewhat before the time that the client counts on, so that the sessions which got the same
// update are not all due at once; but many of them in one turn, for each turn costs, too. The same
// for as long as nothing is written.
TimePoint Session::ProbeDue() const {
  const auto salt = static_cast<std::uint64_t>(binding_.last_write.time_since_epoch().count()) +
                    reinterpret_cast<std::uintptr_t>(this);
  const std::uint64_t random = (salt * 0x9E3779B97F4A7C15u) >> 32;
  const Duration most = binding_.keepalive * table_.options().keepalive_jitter_percent / 100;
  const Duration early = Duration(static_cast<Duration::rep>(
      static_cast<double>(most.count()) * static_cast<double>(random) / 4294967296.0));
  const TimePoint due = binding_.last_write + binding_.keepalive - early;
  return most < kProbeSlot ? due : due - due.time_since_epoch() % kProbeSlot;
}

// When a poll is answered, whether there is something to say or not.
TimePoint Session::PollDue() const { return std::max(binding_.until, binding_.not_before); }

TimePoint Session::NextDeadline() const {
  TimePoint next = std::min(expires_at_, wait_until_);
  if (paced_ != nullptr) next = std::min(next, paced_->at);
  if (messages_ != nullptr) next = std::min(next, messages_->next_deadline());
  if (link_ == nullptr) return std::min(next, unbound_until_);
  if (binding_.polling) {
    // A poll that cannot be answered waits for its link, not for a time that is over.
    return std::min(next, link_->writable() ? PollDue() : SlowDue());
  }
  next = std::min({next, ProbeDue(), binding_.until, SlowDue()});
  if (binding_.send_sync) next = std::min(next, binding_.next_sync);
  if (binding_.inactivity.count() > 0) {
    next = std::min(next, last_request_ + binding_.inactivity + table_.options().timeout);
  }
  return next;
}

void Session::OnTimer() {
  const TimePoint now = table_.shard().now();
  if (now >= expires_at_) {
    Close(tlcp::MakeError(tlcp::SessionCode::kMaxDurationReached));
    return;
  }
  if (link_ == nullptr) {
    if (now >= unbound_until_) {
      Close(std::nullopt);
      return;
    }
  }
  if (link_ != nullptr && IsSlow()) {
    EndSlowClient();
    return;
  }
  if (messages_ != nullptr && now >= messages_->next_deadline()) ExpireMessages();
  if (paced_ != nullptr && now >= paced_->at) {
    ReleasePaced();
    if (HasUpdates()) MarkReady(false);
  }
  if (link_ != nullptr && now >= wait_until_) {
    wait_until_ = TimePoint::max();
    MarkReady(true);
  }
  if (link_ != nullptr && log_ != nullptr) log_->Age(now, 2 * table_.options().recovery);
  if (link_ != nullptr && binding_.polling) {
    if (now >= PollDue()) MarkReady(true);
  } else if (link_ != nullptr) {
    if (binding_.inactivity.count() > 0 &&
        now >= last_request_ + binding_.inactivity + table_.options().timeout) {
      SendLoop(Millis(0), false);  // the client promised a sign of life (TLCP §7.6)
    } else if (now >= binding_.until) {
      SendLoop(Millis(0), false);  // enough for what stands between
    } else if (link_->writable()) {
      if (now >= ProbeDue()) {
        binding_.probe_due = true;
        binding_.last_write = now;
        MarkReady(true);
      }
      if (binding_.send_sync && now >= binding_.next_sync) {
        tlcp::AppendSync(std::chrono::duration_cast<std::chrono::seconds>(now - binding_.bound_at),
                         Lines());
        binding_.next_sync = now + table_.options().sync_interval;
        MarkReady(true);
      }
    } else {
      // A client that does not read gets neither; the endpoint cuts it off in the end.
      WatchLink();
      binding_.last_write = now;
      binding_.next_sync = std::max(binding_.next_sync, now + Millis(1000));
    }
  }
  ArmAt(NextDeadline());
}

}  // namespace penstock::session
