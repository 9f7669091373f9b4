// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/allow_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "config/remote_hosts.h"

namespace penstock::adapters {

namespace {

std::vector<std::string> RangesOf(std::vector<std::string> entries) {
  std::erase_if(entries, [](const std::string& entry) { return config::IsHostName(entry); });
  return entries;
}

}  // namespace

AllowList::AllowList(runtime::Shard& shard, const std::vector<std::string>& entries,
                     std::string label)
    : shard_(shard),
      label_(std::move(label)),
      everybody_(entries.empty()),
      ranges_(RangesOf(entries)),
      resolver_(shard),
      timer_([](void* self) { static_cast<AllowList*>(self)->LookUp(); }, this) {
  for (const std::string& entry : entries) {
    if (config::IsHostName(entry)) names_.push_back({.host = entry, .addresses = {}});
  }
  first_lookups_ = names_.size();
}

void AllowList::Start() {
  patience_ = shard_.now() + kFirstPatience;
  LookUp();
}

void AllowList::Stop() {
  resolver_.Forget();
  timer_.Cancel();
}

void AllowList::LookUp() {
  if (names_.empty()) return;
  shard_.wheel().Arm(timer_, shard_.now() + kPeriod);
  if (under_way_ != 0) return;
  looked_up_ = shard_.now();
  under_way_ = names_.size();
  for (Name& name : names_) {
    resolver_.Look(name.host, [this, &name](const StatusOr<tcp::Resolver::Addresses>& answer) {
      OnAnswer(name, answer);
    });
  }
}

void AllowList::OnAnswer(Name& name, const StatusOr<tcp::Resolver::Addresses>& answer) {
  --under_way_;
  if (!std::exchange(name.looked_up, true)) --first_lookups_;
  if (!answer.ok()) {
    if (absl::IsNotFound(answer.status())) name.addresses.clear();
    if (std::exchange(name.complained, true)) return;
    PENSTOCK_LOG(kAdapter, kWarn, "a host of the allow list has no address now", {"proxy", label_},
                 {"reason", Message(answer.status())});
    return;
  }
  name.complained = false;
  name.addresses.clear();
  for (const asio::ip::address& address : *answer) {
    if (const auto parsed = protection::ParseAddress(address.to_string())) {
      name.addresses.push_back(*parsed);
    }
  }
}

bool AllowList::Contains(const asio::ip::address& address) const {
  if (everybody_) return true;
  const std::optional<protection::Address> peer = protection::ParseAddress(address.to_string());
  if (!peer) return false;
  if (ranges_.Contains(*peer)) return true;
  return std::any_of(names_.begin(), names_.end(), [&peer](const Name& name) {
    return std::find(name.addresses.begin(), name.addresses.end(), *peer) != name.addresses.end();
  });
}

bool AllowList::MayContain(const asio::ip::address& address) const {
  if (everybody_ || !names_.empty()) return true;
  const std::optional<protection::Address> peer = protection::ParseAddress(address.to_string());
  return peer && ranges_.Contains(*peer);
}

void AllowList::OnRefusal() {
  if (shard_.now() >= looked_up_ + kPeriodOfRefusals) LookUp();
}

}  // namespace penstock::adapters
