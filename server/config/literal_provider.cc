// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "config/literal_provider.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/parse_number.h"
#include "config/schema.h"

namespace penstock::config {
namespace {

using Param = XmlParams::Param;

// Java reads [a[bc]] as one class and [a&&b] as what two have in common; RE2 takes both literally.
bool HasClassInClass(std::string_view pattern) {
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (!in_class) {
      in_class = c == '[';
    } else if (c == ']') {
      in_class = false;
    } else if (c == '[' || pattern.substr(i).starts_with("&&")) {
      return true;
    }
  }
  return false;
}

// What the three parameters of one number say.
struct Family {
  const Param* pattern = nullptr;
  const Param* modes = nullptr;
  const Param* data_adapter = nullptr;
};

class LiteralReader {
 public:
  LiteralReader(XmlParams* params, LoadedSet* loaded, Problems* problems)
      : params_(params), loaded_(loaded), policy_(loaded->set.policy), problems_(problems) {}

  void Read() {
    ReadUsers();
    ReadAllowRemote();
    ReadLimit("max_bandwidth", "max_bandwidth_kbps");
    for (const std::string_view name :
         {"max_frequency", "buffer_size", "prefilter_frequency", "distinct_snapshot_length"}) {
      ReadLimit(name, name);
    }
    ReadFamilies();
  }

 private:
  void Add(const Param& param, const std::string& wrong) {
    if (!wrong.empty()) problems_->Add(param.place, param.name, wrong);
  }

  // Empty is not the same as absent here: the one looks like nobody and the other is everybody.
  void ReadUsers() {
    for (Param& param : params_->all()) {
      if (!SameName(param.name, "allowed_users")) continue;
      param.taken = true;
      policy_.allowed_users = Split(param.value, ",");
      Add(param, CheckUsers(*policy_.allowed_users));
    }
  }

  void ReadAllowRemote() {
    const Param* const param = params_->Take("allow_remote");
    if (param == nullptr) return;
    policy_.allow_remote = SameName(param->value, "Y");
    if (!policy_.allow_remote && !SameName(param->value, "N")) {
      Add(*param, "\"" + param->value + "\" is no choice; write Y or N");
    }
  }

  // The parameter `name` as the key `key` of a TOML file, with its range.
  void ReadLimit(std::string_view name, std::string_view key) {
    const Param* const param = params_->Take(name);
    if (param == nullptr) return;
    const auto keys = PolicyKeys();
    const auto row =
        std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.name == key; });
    std::optional<Value> value;
    if (row->type == Type::kNumber) {
      if (const auto number = ParseNumber<double>(param->value)) value = *number;
    } else if (const auto whole = ParseNumber<std::int64_t>(param->value)) {
      value = *whole;
    }
    if (!value) {
      Add(*param, "\"" + param->value + "\" is no " +
                      (row->type == Type::kNumber ? "number" : "whole number") + "; write " +
                      std::to_string(row->min) + " to " + std::to_string(row->max));
      return;
    }
    const std::string wrong = OutOfRange(*value, row->min, row->max);
    Add(*param, wrong);
    if (wrong.empty()) row->assign(policy_, *value);
  }

  void ReadFamilies() {
    constexpr std::pair<std::string_view, const Param * Family::*> kParts[] = {
        {"item_family_", &Family::pattern},
        {"modes_for_item_family_", &Family::modes},
        {"data_adapter_for_item_family_", &Family::data_adapter}};
    std::map<std::int64_t, Family> families;
    for (Param& param : params_->all()) {
      const std::string name = Lower(param.name);
      for (const auto& [prefix, part] : kParts) {
        if (!name.starts_with(prefix)) continue;
        param.taken = true;
        const auto number = ParseNumber<std::int64_t>(std::string_view(name).substr(prefix.size()));
        if (!number) {
          Add(param, "does not end in a whole number; write one, families are tried in its order");
        } else if (std::exchange(families[*number].*part, &param) != nullptr) {
          Add(param, "is there already; write it once");
        }
      }
    }
    for (const auto& [number, family] : families) ReadFamily(std::to_string(number), family);
  }

  void ReadFamily(const std::string& number, const Family& parts) {
    if (parts.pattern == nullptr) {
      Add(parts.modes != nullptr ? *parts.modes : *parts.data_adapter,
          "is for item_family_" + number + ", which is absent; add it, or remove this");
      return;
    }
    ItemFamily family;
    family.pattern = parts.pattern->value;
    std::string wrong = CheckPattern(family.pattern);
    if (wrong.empty() && HasClassInClass(family.pattern)) {
      wrong = "\"" + family.pattern +
              "\" has a class of characters in another, which RE2 reads differently; write one";
    }
    Add(*parts.pattern, wrong);
    if (parts.modes == nullptr || parts.modes->value.empty()) {
      Add(*parts.pattern, "has no modes; add modes_for_item_family_" + number);
    } else {
      ReadModes(*parts.modes, &family);
    }
    if (parts.data_adapter != nullptr && !parts.data_adapter->value.empty()) {
      family.data_adapter = parts.data_adapter->value;
      loaded_->adapter_uses.push_back(
          {family.data_adapter, parts.data_adapter->name, parts.data_adapter->place});
    }
    policy_.item_families.push_back(std::move(family));
  }

  void ReadModes(const Param& param, ItemFamily* family) {
    for (const std::string& text : Split(param.value, ", \t\r\n")) {
      ItemMode mode{};
      if (ParseChoice(text, &mode)) {
        family->modes.push_back(mode);
      } else {
        Add(param, "\"" + text + "\" is no choice; write RAW, MERGE, DISTINCT or COMMAND");
      }
    }
  }

  XmlParams* params_;
  LoadedSet* loaded_;
  Policy& policy_;
  Problems* problems_;
};

}  // namespace

void ReadLiteralProvider(XmlParams* params, LoadedSet* loaded, Problems* problems) {
  LiteralReader(params, loaded, problems).Read();
}

}  // namespace penstock::config
