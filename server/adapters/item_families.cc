// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/item_families.h"

#include <utility>

#include <re2/re2.h>

#include "base/check.h"

namespace penstock::adapters {

namespace {

kernel::Mode KernelMode(config::ItemMode mode) {
  switch (mode) {
    case config::ItemMode::kRaw:
      return kernel::Mode::kRaw;
    case config::ItemMode::kMerge:
      return kernel::Mode::kMerge;
    case config::ItemMode::kDistinct:
      return kernel::Mode::kDistinct;
    case config::ItemMode::kCommand:
      break;
  }
  return kernel::Mode::kCommand;
}

}  // namespace

ItemFamilies::ItemFamilies(const std::vector<config::ItemFamily>& families) {
  for (const config::ItemFamily& from : families) {
    Family family;
    family.pattern = std::make_unique<const re2::RE2>(from.pattern, re2::RE2::Quiet);
    PENSTOCK_CHECK(family.pattern->ok());
    for (const config::ItemMode mode : from.modes) family.modes |= ModeBit(KernelMode(mode));
    family.data_adapter = from.data_adapter;
    families_.push_back(std::move(family));
  }
}

ItemFamilies::~ItemFamilies() = default;

ModeSet ItemFamilies::ModesOf(std::string_view item, std::string_view data_adapter) const {
  if (families_.empty()) return kAllModes;
  const re2::StringPiece name(item.data(), item.size());
  for (const Family& family : families_) {
    if (!family.data_adapter.empty() && family.data_adapter != data_adapter) continue;
    if (re2::RE2::FullMatch(name, *family.pattern)) return family.modes;
  }
  return 0;
}

}  // namespace penstock::adapters
