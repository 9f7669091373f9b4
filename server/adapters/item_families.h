// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/grant_rules.h"
#include "config/settings.h"

namespace re2 {
class RE2;
}

namespace penstock::adapters {

// The families of items of a policy: in which modes an item may be subscribed. Time to match is
// linear in the name, whatever the pattern.
// Owned by BuiltinMetadata. Shard: any; immutable.
class ItemFamilies {
 public:
  // The configuration has checked the patterns.
  explicit ItemFamilies(const std::vector<config::ItemFamily>& families);
  ~ItemFamilies();

  // Of the first family that the whole name matches and that is of this Data Adapter or of any;
  // no mode if there is none. All modes if there are no families at all.
  ModeSet ModesOf(std::string_view item, std::string_view data_adapter) const;

 private:
  struct Family {
    std::unique_ptr<const re2::RE2> pattern;
    ModeSet modes = 0;
    std::string data_adapter;  // empty: any
  };

  std::vector<Family> families_;
};

}  // namespace penstock::adapters
