// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "adapters/remote/metadata_link.h"
#include "base/clock.h"
#include "base/string_hash.h"

namespace penstock::adapters {

// What a Metadata Adapter said about items (valid as long as it is connected) and about users and
// items (valid for seconds). Bounded: a map that is full starts again from nothing.
// Owned by RemoteMetadata. Shard: the proxy's.
class MetadataCache {
 public:
  static constexpr std::size_t kMaxEntries = 65'536;
  static constexpr Duration kUserDataLife = std::chrono::seconds(10);

  // Null when unknown; valid until the next call.
  const ItemData* FindItem(std::string_view item) const;
  const UserItemData* FindUserItem(const UserName& user, std::string_view item, TimePoint now);

  void PutItem(std::string_view item, const ItemData& data);
  void PutUserItem(const UserName& user, std::string_view item, const UserItemData& data,
                   TimePoint now);
  void Clear();

 private:
  struct UserEntry {
    UserItemData data;
    TimePoint expires;
  };
  const std::string& KeyOf(const UserName& user, std::string_view item);

  absl::flat_hash_map<std::string, ItemData, StringHash, std::equal_to<>> items_;
  absl::flat_hash_map<std::string, UserEntry, StringHash, std::equal_to<>> user_items_;
  std::string key_;  // scratch
};

}  // namespace penstock::adapters
