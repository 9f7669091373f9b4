// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/literal_based_provider.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace penstock::adapter {
namespace {

constexpr std::string_view kFamilyPrefix = "item_family_";
constexpr std::string_view kModesPrefix = "modes_for_item_family_";
// std::regex recurses over its input; a longer name is no item of a family.
constexpr size_t kMaxFamilyItem = 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = Trim(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

template <class Number>
Status ReadNumber(const Params& params, const std::string& name, Number* out) {
  const auto at = params.find(name);
  if (at == params.end()) return {};
  const std::string_view text = Trim(at->second);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The comparison is false for NaN, too.
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) {
    return Error("parameter " + name + " is not a number of 0 or more: " + at->second);
  }
  *out = value;
  return {};
}

std::optional<ModeSet> ReadModes(std::string_view text) {
  ModeSet modes;
  for (const std::string& name : SplitAtCommas(text)) {
    if (name == "RAW") {
      modes = modes | Mode::kRaw;
    } else if (name == "MERGE") {
      modes = modes | Mode::kMerge;
    } else if (name == "DISTINCT") {
      modes = modes | Mode::kDistinct;
    } else if (name == "COMMAND") {
      modes = modes | Mode::kCommand;
    } else {
      return std::nullopt;
    }
  }
  return modes;
}

bool ReadFamilyNumber(std::string_view text, int* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

LiteralBasedProvider::LiteralBasedProvider() = default;
LiteralBasedProvider::~LiteralBasedProvider() = default;

Status LiteralBasedProvider::Init(const Params& params) {
  if (Status s = ReadNumber(params, "max_bandwidth", &max_bandwidth_); !s) return s;
  if (Status s = ReadNumber(params, "max_frequency", &max_frequency_); !s) return s;
  if (Status s = ReadNumber(params, "buffer_size", &buffer_size_); !s) return s;
  if (Status s = ReadNumber(params, "distinct_snapshot_length", &distinct_snapshot_length_); !s) {
    return s;
  }
  allowed_users_.clear();
  if (const auto at = params.find("allowed_users"); at != params.end()) {
    allowed_users_ = SplitAtCommas(at->second);
  }
  families_.clear();
  for (const auto& [name, value] : params) {
    if (name.compare(0, kFamilyPrefix.size(), kFamilyPrefix) != 0) continue;
    Family family;
    const std::string number = name.substr(kFamilyPrefix.size());
    if (!ReadFamilyNumber(number, &family.number)) {
      return Error("parameter " + name + " must end in a number");
    }
    try {
      family.pattern.assign(value);
    } catch (const std::regex_error& e) {
      return Error("parameter " + name + " is not a regular expression: " + e.what());
    }
    if (const auto at = params.find(std::string(kModesPrefix) + number); at != params.end()) {
      const std::optional<ModeSet> modes = ReadModes(at->second);
      if (!modes) return Error("parameter " + at->first + " has an unknown mode: " + at->second);
      family.modes = *modes;
    }
    families_.push_back(std::move(family));
  }
  std::sort(families_.begin(), families_.end(),
            [](const Family& a, const Family& b) { return a.number < b.number; });
  return {};
}

Result<UserProfile> LiteralBasedProvider::NotifyUser(const UserRequest& request) {
  const bool allowed = allowed_users_.empty() ||
                       (request.user && std::find(allowed_users_.begin(), allowed_users_.end(),
                                                  *request.user) != allowed_users_.end());
  if (!allowed) return AccessError{"user is not in allowed_users"};
  return UserProfile{max_bandwidth_, false};
}

Result<std::vector<std::string>> LiteralBasedProvider::Items(const ItemsRequest& request) {
  Result<std::vector<std::string>> items = MetadataProvider::Items(request);
  if (!items || families_.empty()) return items;
  for (const std::string& item : *items) {
    if (ModesOf(item) == ModeSet()) return ItemsError{"no such item: " + item};
  }
  return items;
}

Result<ItemLimits> LiteralBasedProvider::ItemData(std::string_view item) {
  return ItemLimits{ModesOf(item), distinct_snapshot_length_, 0};
}

Result<UserItemLimits> LiteralBasedProvider::UserItemData(const NullableString& /*user*/,
                                                          std::string_view item) {
  return UserItemLimits{ModesOf(item), buffer_size_, max_frequency_};
}

ModeSet LiteralBasedProvider::ModesOf(std::string_view item) const {
  if (families_.empty()) return ModeSet::All();
  if (item.size() > kMaxFamilyItem) return {};
  for (const Family& family : families_) {
    if (std::regex_match(item.begin(), item.end(), family.pattern)) return family.modes;
  }
  return {};
}

}  // namespace penstock::adapter
