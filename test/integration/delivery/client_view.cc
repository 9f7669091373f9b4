// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "delivery/client_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace penstock::test {

ClientView::ClientView(Wish wish, std::shared_ptr<const ItemModel> item, std::size_t low,
                       std::size_t high)
    : wish_(std::move(wish)),
      item_(std::move(item)),
      low_(low),
      high_(high),
      began_known_(item_->is_known()),
      decoder_(wish_.fields.size()) {}

bool ClientView::Begin() {
  if (has_begun_) return true;
  const bool waits = wish_.mode == tlcp::Mode::kDistinct || wish_.mode == tlcp::Mode::kCommand;
  if (waits && !item_->snapshot_over()) return false;
  has_begun_ = true;
  if (waits) low_ = std::max(low_, item_->snapshot_end());
  high_ = std::max(high_, low_);
  return true;
}

bool ClientView::MustHaveSent() const {
  if (!item_->is_known()) return false;
  return sent_any_ || (wish_.wants_snapshot ? !flow().empty() : item_->realtime_end() > high_);
}

std::vector<std::size_t> ClientView::Moments(std::size_t from) const {
  if (wish_.is_exact) return {flow().size()};
  std::vector<std::size_t> all;
  for (std::size_t at = from; at <= flow().size(); ++at) all.push_back(at);
  return all;
}

const Value& ClientView::Shown(std::size_t field) const {
  const auto at = std::find(wish_.fields.begin(), wish_.fields.end(), field);
  return shown()[static_cast<std::size_t>(at - wish_.fields.begin())];
}

bool ClientView::Matches(const Value& expected, std::size_t position) const {
  const Value& value = shown()[position];
  if (value == expected) return true;
  return value && expected && decoder_.IsDocument(position) && IsSameDocument(*expected, *value);
}

bool ClientView::Shows(const Vector& values) const {
  for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
    if (!Matches(values[wish_.fields[i]], i)) return false;
  }
  return true;
}

bool ClientView::ShowsRow(const Vector& values) const {
  for (std::size_t i = 0; i < wish_.fields.size(); ++i) {
    if (wish_.fields[i] != 1 && !Matches(values[wish_.fields[i]], i)) return false;
  }
  return true;
}

void ClientView::CheckPace(const std::string& key, TimePoint now) {
  if (wish_.interval == Duration::zero()) return;
  const auto [it, is_new] = due_.try_emplace(key, now + wish_.interval / 2);
  if (is_new) return;
  // The latest state may go a little early, along with others.
  const Duration early = wish_.is_latest ? wish_.interval / 8 : Duration::zero();
  if (now + early < it->second) {
    return Fail("too frequent, by " + std::to_string((it->second - now) / Millis(1)) + " ms of " +
                std::to_string(wish_.interval / Millis(1)));
  }
  it->second = std::max(it->second + wish_.interval, now + wish_.interval / 2);
}

void ClientView::SetInterval(Duration interval) {
  wish_.interval = interval;
  due_.clear();
}

bool IsSameDocument(const std::string& one, const std::string& other) {
  const auto document = nlohmann::json::parse(one, nullptr, false);
  return !document.is_discarded() && document == nlohmann::json::parse(other, nullptr, false);
}

}  // namespace penstock::test
