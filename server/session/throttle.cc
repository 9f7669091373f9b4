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

// Of a limit that is one: "next to nothing" and "all".
constexpr double kLeastKbps = 0.1;
constexpr double kMostKbps = 1e8;

double BytesPerSecond(double kbps) { return kbps * 1000 / 8; }

}  // namespace

// The least of what the client asks for, the Metadata Adapter allows and the server caps.
void Session::LimitBandwidth(const tlcp::Bandwidth& requested) {
  std::optional<double> least = requested.kbps;
  for (const double most : {granted_kbps_, table_.options().max_bandwidth_kbps}) {
    if (most > 0 && (!least || most < *least)) least = most;
  }
  if (!least) {
    throttle_.reset();
    return;
  }
  if (throttle_ == nullptr) {
    throttle_ = std::make_unique<Throttle>();
    throttle_->credit_at = table_.shard().now();
    if (link_ != nullptr) throttle_->link_taken = link_->taken();
  }
  throttle_->kbps = std::clamp(*least, kLeastKbps, kMostKbps);
}

double Session::MostCredit(double rate) const {
  // Who polls gets nothing between two polls.
  const double apart = std::chrono::duration<double>(binding_.polling_interval).count();
  return std::max(rate * (kCreditSeconds + apart), kCreditFloor);
}

// Brings the credit up to now. `updates`: what the link has taken since the last time was a flush
// with updates; else it was answers, heads and notifications.
void Session::SettleCredit(bool updates) {
  if (throttle_ == nullptr) return;
  const TimePoint now = table_.shard().now();
  const double rate = BytesPerSecond(throttle_->kbps);
  const double elapsed = std::chrono::duration<double>(now - throttle_->credit_at).count();
  throttle_->credit = std::min(throttle_->credit + elapsed * rate, MostCredit(rate));
  throttle_->credit_at = now;
  if (link_ != nullptr) Charge(link_->taken(), updates);
}

// What is not updates cannot be held up, and must not hold up for ever the updates behind it.
void Session::Charge(std::uint64_t taken, bool updates) {
  // Less than before where a backlog has become TLS records in part.
  const auto bytes = static_cast<double>(static_cast<std::int64_t>(taken - throttle_->link_taken));
  throttle_->link_taken = taken;
  double& credit = throttle_->credit;
  const double least = std::min(credit, -BytesPerSecond(throttle_->kbps) * kOthersSeconds);
  credit = updates ? credit - bytes : std::max(credit - bytes, least);
}

bool Session::CreditLeft() {
  if (throttle_ == nullptr) return true;
  SettleCredit(false);
  if (throttle_->credit > 0) return true;
  const double rate = BytesPerSecond(throttle_->kbps);
  const double enough = std::min(rate * kSendSeconds, kCreditFloor);
  const auto wait = std::chrono::duration<double>((enough - throttle_->credit) / rate);
  wait_until_ = std::max(
      throttle_->credit_at + std::chrono::duration_cast<Duration>(wait) + Millis(1), window_at_);
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
  unselected += after.unselected - before.unselected;
}

}  // namespace penstock::session
