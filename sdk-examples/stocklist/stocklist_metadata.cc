// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "stocklist/stocklist_metadata.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace penstock::stocklist {
namespace {

// A client that gives no name, and one that gives an empty one, are the same to us.
std::string_view NameOf(const adapter::NullableString& user) {
  return user ? std::string_view(*user) : std::string_view();
}

// The items of a table; servers before protocol 1.9.0 send the group only.
std::vector<std::string> ItemsOf(const adapter::Table& table) {
  if (!table.items.empty()) {
    return table.items;
  }
  std::vector<std::string> items;
  std::string_view group = table.group;
  while (!group.empty()) {
    const std::size_t end = std::min(group.find(' '), group.size());
    if (end > 0) {
      items.emplace_back(group.substr(0, end));
    }
    group.remove_prefix(std::min(end + 1, group.size()));
  }
  return items;
}

}  // namespace

StocklistMetadata::StocklistMetadata(UserTable users) : users_(std::move(users)) {}

adapter::Result<adapter::UserProfile> StocklistMetadata::NotifyUser(
    const adapter::UserRequest& request) {
  const UserRights* rights = users_.Admit(NameOf(request.user), NameOf(request.password));
  if (rights == nullptr) {
    return adapter::AccessError{"unknown user or wrong password"};
  }
  adapter::UserProfile profile;
  profile.wants_tables = !rights->MaySeeEverything();
  return profile;
}

adapter::Result<adapter::ItemLimits> StocklistMetadata::ItemData(const adapter::ItemDataRequest&) {
  adapter::ItemLimits limits;
  limits.modes = adapter::Mode::kMerge;
  return limits;
}

adapter::Result<adapter::UserItemLimits> StocklistMetadata::UserItemData(
    const adapter::UserItemDataRequest& request) {
  const UserRights* rights = users_.Find(NameOf(request.user));
  adapter::UserItemLimits limits;
  limits.modes = rights == nullptr ? adapter::ModeSet() : adapter::ModeSet(adapter::Mode::kMerge);
  if (rights != nullptr && rights->max_frequency) {
    limits.max_frequency = *rights->max_frequency;
  }
  return limits;
}

adapter::Result<adapter::TablesProfile> StocklistMetadata::NewTables(
    const adapter::TablesRequest& request) {
  const UserRights* rights = users_.Find(NameOf(request.user));
  for (const adapter::Table& table : request.tables) {
    for (const std::string& item : ItemsOf(table)) {
      if (rights == nullptr || !rights->MaySee(item)) {
        const std::string text = "this user may not see " + item;
        return adapter::CreditsError{text, kMayNotSee, text};
      }
    }
  }
  return adapter::TablesProfile{};
}

}  // namespace penstock::stocklist
