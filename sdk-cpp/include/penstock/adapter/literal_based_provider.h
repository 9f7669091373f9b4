// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "penstock/adapter/export.h"
#include "penstock/adapter/metadata_provider.h"

namespace penstock::adapter {

// A Metadata Adapter that needs no code: groups and schemas are lists of names apart by spaces,
// limits are parameters. For a start, for tests, and as a base class of adapters that only add a
// check of their own.
//
// Parameters, read by Init():
//   max_bandwidth              kbit/s for each session; default 0, unlimited
//   max_frequency              updates a second for each item; default 0, unlimited
//   buffer_size                events kept for a slow client; default 0, unlimited
//   distinct_snapshot_length   longest DISTINCT history; default 10
//   allowed_users              comma-separated names; default: everybody, nobody named included
//   item_family_N            a regular expression (POSIX extended) that whole item names match
//   modes_for_item_family_N  the modes of those items, "MERGE,RAW" for instance; default: all
// With no family every item is allowed in each mode. With some, an item takes the modes of the
// first family that matches, in the order of N, and a group with an item that matches none is
// refused.
//
// Thread: as MetadataProvider; after Init() nothing changes.
// Errors: a parameter that cannot be read fails Init(), with its name in the text.
class PENSTOCK_SDK_EXPORT LiteralBasedProvider : public MetadataProvider {
 public:
  LiteralBasedProvider();
  ~LiteralBasedProvider() override;

  Status Init(const Params& params) override;
  Result<UserProfile> NotifyUser(const UserRequest& request) override;
  Result<std::vector<std::string>> Items(const ItemsRequest& request) override;
  Result<ItemLimits> ItemData(const ItemDataRequest& request) override;
  Result<UserItemLimits> UserItemData(const UserItemDataRequest& request) override;

 private:
  struct Family;
  // The modes of `item`; none if no family matches.
  ModeSet ModesOf(std::string_view item) const;

  double max_bandwidth_ = 0;
  double max_frequency_ = 0;
  int32_t buffer_size_ = 0;
  int32_t distinct_snapshot_length_ = 10;
  std::vector<std::string> allowed_users_;
  std::vector<std::unique_ptr<const Family>> families_;
};

}  // namespace penstock::adapter
