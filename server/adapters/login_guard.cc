// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/login_guard.h"

#include <algorithm>
#include <optional>

namespace penstock::adapters {

namespace {

constexpr Duration kFirstDelay = std::chrono::seconds(1);
constexpr Duration kForgotten = std::chrono::minutes(10);
constexpr std::uint32_t kMostDoublings = 20;

}  // namespace

LoginGuard::LoginGuard(const config::Limits& limits)
    : free_failures_(limits.login_failures),
      longest_(limits.login_delay_max),
      trusted_(limits.trusted_addresses) {}

bool LoginGuard::TurnsAway(const std::string& address, TimePoint now) const {
  const auto it = known_.find(protection::AddressKey(address));
  return it != known_.end() && now < it->second.until;
}

void LoginGuard::OnWrong(const std::string& address, TimePoint now) {
  if (free_failures_ == 0) return;
  const std::optional<protection::Address> parsed = protection::ParseAddress(address);
  if (parsed && trusted_.Contains(*parsed)) return;
  const std::string key = protection::AddressKey(address);
  if (known_.size() >= kMaxAddresses && known_.find(key) == known_.end()) {
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  }
  Known& known = known_[key];
  if (known.failures > 0 && now >= known.last + kForgotten) known.failures = 0;
  ++known.failures;
  known.last = now;
  if (known.failures < free_failures_) return;
  const std::uint32_t doublings = std::min(known.failures - free_failures_, kMostDoublings);
  known.until = now + std::min(kFirstDelay * (1U << doublings), longest_);
}

}  // namespace penstock::adapters
