// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "penstock/adapter/literal_based_provider.h"

#include <regex.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace penstock::adapter {
namespace {

constexpr std::string_view kFamilyPrefix = "item_family_";
constexpr std::string_view kModesPrefix = "modes_for_item_family_";
// Bounds what matching may cost; a longer name is no item of a family.
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

// A compiled pattern. Immutable once made, so that all threads of the pool may match at once.
struct LiteralBasedProvider::Family {
  Family(int family_number, const std::string& pattern) : number(family_number) {
    error = ::regcomp(&compiled, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB);
  }
  ~Family() {
    if (error == 0) ::regfree(&compiled);
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  std::string ErrorText() const {
    char text[256] = {};
    ::regerror(error, &compiled, text, sizeof(text));
    return text;
  }
  bool Matches(const std::string& item) const {
    return ::regexec(&compiled, item.c_str(), 0, nullptr, 0) == 0;
  }

  const int number;
  ModeSet modes = ModeSet::All();
  int error = 0;
  regex_t compiled{};
};

LiteralBasedProvider::LiteralBasedProvider() = default;
LiteralBasedProvider::~LiteralBasedProvider() = default;

Status LiteralBasedProvider::Init(const Params& params) {
  // What an earlier call read and this one leaves out is the default again.
  max_bandwidth_ = 0;
  max_frequency_ = 0;
  buffer_size_ = 0;
  distinct_snapshot_length_ = 10;
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
    const std::string suffix = name.substr(kFamilyPrefix.size());
    int number = 0;
    if (!ReadFamilyNumber(suffix, &number)) {
      return Error("parameter " + name + " must end in a number");
    }
    auto family = std::make_unique<Family>(number, value);
    if (family->error != 0) {
      return Error("parameter " + name + " is not a regular expression: " + family->ErrorText());
    }
    if (const auto at = params.find(std::string(kModesPrefix) + suffix); at != params.end()) {
      const std::optional<ModeSet> modes = ReadModes(at->second);
      if (!modes) return Error("parameter " + at->first + " has an unknown mode: " + at->second);
      family->modes = *modes;
    }
    families_.push_back(std::move(family));
  }
  std::sort(families_.begin(), families_.end(),
            [](const auto& a, const auto& b) { return a->number < b->number; });
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

Result<ItemLimits> LiteralBasedProvider::ItemData(const ItemDataRequest& request) {
  return ItemLimits{ModesOf(request.item), distinct_snapshot_length_, 0};
}

Result<UserItemLimits> LiteralBasedProvider::UserItemData(const UserItemDataRequest& request) {
  return UserItemLimits{ModesOf(request.item), buffer_size_, max_frequency_};
}

ModeSet LiteralBasedProvider::ModesOf(std::string_view item) const {
  if (families_.empty()) return ModeSet::All();
  // The matcher's strings end at a NUL, which no item name has.
  const std::string name(item);
  if (name.size() > kMaxFamilyItem || name.find('\0') != std::string::npos) return {};
  for (const auto& family : families_) {
    if (family->Matches(name)) return family->modes;
  }
  return {};
}

}  // namespace penstock::adapter
