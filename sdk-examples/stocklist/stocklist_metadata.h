// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <string_view>

#include "penstock/adapter/metadata_provider.h"
#include "penstock/adapter/metadata_types.h"
#include "penstock/adapter/result.h"
#include "penstock/adapter/types.h"
#include "stocklist/user_table.h"

namespace penstock::stocklist {

// The Metadata Adapter of the set DEMO: users and rights by a table, item groups and schemas as
// lists of names. Every item of the set, those of the host monitor too, is for mode MERGE only.
// Owned by main, shared with its host. Shard: any; immutable.
class StocklistMetadata final : public adapter::MetadataProvider {
 public:
  explicit StocklistMetadata(UserTable users);

  adapter::Result<adapter::UserProfile> NotifyUser(const adapter::UserRequest& request) override;
  adapter::Result<adapter::ItemLimits> ItemData(const adapter::ItemDataRequest& request) override;
  adapter::Result<adapter::UserItemLimits> UserItemData(
      const adapter::UserItemDataRequest& request) override;

  // Refuses a subscription to items that the user may not see, with a text that the client can
  // show. Asked for users with restricted rights only.
  adapter::Result<adapter::TablesProfile> NewTables(const adapter::TablesRequest& request) override;

  // The code that a client gets with the refusal of NewTables().
  static constexpr int kMayNotSee = -5;

 private:
  const UserTable users_;
};

}  // namespace penstock::stocklist
