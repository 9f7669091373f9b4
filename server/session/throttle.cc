// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// How fast a session may be served, a token bucket of bytes, and what becomes of a client that does
// not keep up.

#include <algorithm>
#include <string>

#include "session/pump.h"
#include "session/session.h"
#include "session/session_table.h"

namespace penstock::session {

namespace {

// A session with a bandwidth limit may save this much up.
constexpr double kCreditSeconds = 0.25;
constexpr double kCreditFloor = 1500;
// One that had nothing left waits for this much more: not line by line.
constexpr double kSendSeconds = 0.02;
// What answers and heads may cost the updates behind them.
constexpr double kOthersSeconds = 1;
// A timer that comes so late was held up by this process, and the clients with it.
constexpr auto kLate = std::chrono::milliseconds(250);

// Of a limit that is one; beyond these bounds it stands for "next to nothing" and "all".
double BytesPerSecond(double kbps) { return std::clamp(kbps, 0.1, 1e8) * 1000 / 8; }

}  // namespace

// The least of what the client asks for, the Metadata Adapter allows and the server caps.
std::optional<double> Session::BandwidthInForce() const {
  std::optional<double> least = requested_kbps_;
  for (const double most :
       {profile_.grant.max_bandwidth_kbps, table_.options().max_bandwidth_kbps}) {
    if (most > 0 && (!least || most < *least)) least = most;
  }
  return least;
}

double Session::MostCredit(double rate) const {
  // Who polls gets nothing between two polls.
  const double apart = std::chrono::duration<double>(binding_.polling_interval).count();
  return std::max(rate * (kCreditSeconds + apart), kCreditFloor);
}

// Brings the credit up to now. `updates`: what the link has taken since the last time was a flush
// with updates; else it was answers, heads and notifications.
void Session::SettleCredit(bool updates) {
  const TimePoint now = table_.shard().now();
  if (const std::optional<double> kbps = BandwidthInForce()) {
    const double rate = BytesPerSecond(*kbps);
    const double elapsed = std::chrono::duration<double>(now - credit_at_).count();
    credit_ = std::min(credit_ + elapsed * rate, MostCredit(rate));
  } else {
    credit_ = 0;
  }
  credit_at_ = now;
  if (link_ != nullptr) Charge(link_->taken(), updates);
}

// What is not updates cannot be held up, and must not hold up for ever the updates behind it.
void Session::Charge(std::uint64_t taken, bool updates) {
  // Less than before where a backlog has become TLS records in part.
  const auto bytes = static_cast<double>(static_cast<std::int64_t>(taken - link_taken_));
  link_taken_ = taken;
  const std::optional<double> kbps = BandwidthInForce();
  if (!kbps) return;
  const double least = std::min(credit_, -BytesPerSecond(*kbps) * kOthersSeconds);
  credit_ = updates ? credit_ - bytes : std::max(credit_ - bytes, least);
}

bool Session::CreditLeft() {
  const std::optional<double> kbps = BandwidthInForce();
  if (!kbps) return true;
  SettleCredit(false);
  if (credit_ > 0) return true;
  const double rate = BytesPerSecond(*kbps);
  const double enough = std::min(rate * kSendSeconds, kCreditFloor);
  const auto wait = std::chrono::duration<double>((enough - credit_) / rate);
  wait_until_ =
      std::max(credit_at_ + std::chrono::duration_cast<Duration>(wait) + Millis(1), window_at_);
  ArmAt(wait_until_);
  return false;
}

void Session::WatchLink() {
  if (link_->writable()) {
    binding_.blocked_at = TimePoint::max();
  } else if (binding_.blocked_at == TimePoint::max()) {
    binding_.blocked_at = table_.shard().now();
    binding_.sent_then = link_->sent();
    ++table_.counters().links_blocked;
    ArmAt(SlowDue());
  }
}

TimePoint Session::SlowDue() const {
  const Millis limit = table_.options().slow_client_timeout;
  if (limit.count() == 0 || binding_.blocked_at == TimePoint::max()) return TimePoint::max();
  return binding_.blocked_at + limit;
}

// Whether the client has taken nothing since then. One that took something begins anew, and so does
// everybody after a time in which this process itself stood still.
bool Session::IsSlow() {
  const TimePoint now = table_.shard().now();
  const TimePoint due = SlowDue();
  if (now < due) return false;
  const std::uint64_t sent = link_->sent();
  if (sent == binding_.sent_then && now - due < kLate) return true;
  binding_.blocked_at = now;
  binding_.sent_then = sent;
  return false;
}

// END goes behind what the client has not read; who comes back by another way is told as well.
void Session::EndSlowClient() {
  ++table_.counters().slow_clients;
  Close(tlcp::MakeError(tlcp::SessionCode::kClosedByServer,
                        "Session closed by the server: the client took nothing for " +
                            std::to_string(table_.options().slow_client_timeout.count()) + " ms"));
}

void Session::Totals::Add(const PumpCounters& before, const PumpCounters& after) {
  updates += after.updates - before.updates;
  filtered += after.filtered - before.filtered;
  lost += after.lost - before.lost;
}

}  // namespace penstock::session
