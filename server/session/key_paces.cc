// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "session/key_paces.h"

#include <algorithm>

namespace penstock::session {

namespace {
constexpr std::size_t kFewWaits = 16;
}  // namespace

bool KeyPaces::MayGo(std::string_view key, TimePoint now) const {
  const auto it = paces_.find(key);
  return it == paces_.end() || (it->second.due <= now && !it->second.waits);
}

void KeyPaces::Sent(std::string_view key, TimePoint now, Duration interval) {
  const auto it = paces_.find(key);
  if (interval == Duration::zero()) {
    Forget(key);
    return;
  }
  Pace& pace = it != paces_.end() ? it->second : paces_[std::string(key)];
  pace.due = NextDue(pace.due, now, interval);
  if (pace.waits) --waiting_;
  pace.waits = false;
}

bool KeyPaces::Defer(std::string_view key, TimePoint now) {
  const auto it = paces_.find(key);
  Pace& pace = it != paces_.end() ? it->second : paces_[std::string(key)];
  if (pace.waits) return false;
  pace.waits = true;
  ++waiting_;
  pace.due = std::max(pace.due, now);
  waits_.push_back({pace.due, std::string(key)});
  std::push_heap(waits_.begin(), waits_.end());
  // Rows that come and go would pile up what became stale behind a key that waits.
  if (waits_.size() > kFewWaits + 2 * waiting_) {
    std::erase_if(waits_, [this](const Wait& wait) { return IsStale(wait); });
    std::make_heap(waits_.begin(), waits_.end());
  }
  return true;
}

bool KeyPaces::Forget(std::string_view key) {
  const auto it = paces_.find(key);
  if (it == paces_.end()) return false;
  const bool waited = it->second.waits;
  if (waited) --waiting_;
  paces_.erase(it);
  return waited;
}

bool KeyPaces::IsStale(const Wait& wait) const {
  const auto it = paces_.find(wait.key);
  return it == paces_.end() || !it->second.waits || it->second.due != wait.due;
}

TimePoint KeyPaces::next_due() {
  while (!waits_.empty() && IsStale(waits_.front())) {
    std::pop_heap(waits_.begin(), waits_.end());
    waits_.pop_back();
  }
  return waits_.empty() ? TimePoint::max() : waits_.front().due;
}

std::optional<std::string> KeyPaces::TakeDue(TimePoint now) {
  if (next_due() > now) return std::nullopt;
  std::pop_heap(waits_.begin(), waits_.end());
  std::string key = std::move(waits_.back().key);
  waits_.pop_back();
  paces_[key].waits = false;
  --waiting_;
  return key;
}

void KeyPaces::Restart(TimePoint now) {
  absl::erase_if(paces_, [](const auto& entry) { return !entry.second.waits; });
  for (auto& [key, pace] : paces_) pace.due = now;
  ListWaits();
}

void KeyPaces::Stretch(Duration by) {
  if (by == Duration::zero()) return;
  for (auto& [key, pace] : paces_) pace.due += by;
  ListWaits();
}

// Anew: they have other times now.
void KeyPaces::ListWaits() {
  waits_.clear();
  for (const auto& [key, pace] : paces_) {
    if (pace.waits) waits_.push_back({pace.due, key});
  }
  std::make_heap(waits_.begin(), waits_.end());
}

void KeyPaces::Clear() {
  paces_.clear();
  waits_.clear();
  waiting_ = 0;
}

}  // namespace penstock::session
