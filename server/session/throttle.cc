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

double BytesPerSecond(double kbps) { return std::max(kbps, 0.1) * 1000 / 8; }

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

// Brings the credit up to now.
void Session::SettleCredit() {
  const TimePoint now = table_.shard().now();
  const std::optional<double> kbps = BandwidthInForce();
  if (kbps) {
    const double rate = BytesPerSecond(*kbps);
    const double elapsed = std::chrono::duration<double>(now - credit_at_).count();
    credit_ = std::min(credit_ + elapsed * rate, std::max(rate * kCreditSeconds, kCreditFloor));
  }
  credit_at_ = now;
  if (link_ != nullptr) Charge(link_->taken());
  if (!kbps) credit_ = 0;
}

void Session::Charge(std::uint64_t taken) {
  // Less than before where a backlog has become TLS records in part.
  credit_ -= static_cast<double>(static_cast<std::int64_t>(taken - link_taken_));
  link_taken_ = taken;
}

bool Session::CreditLeft() {
  const std::optional<double> kbps = BandwidthInForce();
  if (!kbps) return true;
  SettleCredit();
  if (credit_ > 0) return true;
  const auto debt = std::chrono::duration<double>(-credit_ / BytesPerSecond(*kbps));
  // Not line by line: a window's worth at a time.
  wait_until_ =
      std::max(credit_at_ + std::chrono::duration_cast<Duration>(debt) + Millis(1), window_at_);
  ArmAt(wait_until_);
  return false;
}

void Session::WatchLink() {
  if (link_->writable()) {
    binding_.blocked_at = TimePoint::max();
  } else if (binding_.blocked_at == TimePoint::max()) {
    binding_.blocked_at = table_.shard().now();
    ++table_.counters().links_blocked;
    ArmAt(SlowDue());
  }
}

TimePoint Session::SlowDue() const {
  const Millis limit = table_.options().slow_client_timeout;
  if (limit.count() == 0 || binding_.blocked_at == TimePoint::max()) return TimePoint::max();
  return binding_.blocked_at + limit;
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
