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
#include "config/settings.h"

namespace penstock::adapters {

// What a Metadata Adapter said about items (GIT: valid for long) and about users and items (GUI:
// valid for seconds, and no longer than the user has a session, if wanted; ari.md §3.16). What it
// said about users alone (NUS) is asked for with each session, and goes with it.
//
// Bounded: a part that is full starts again from nothing. Owned by RemoteMetadata. Shard: the
// proxy's.
class MetadataCache {
 public:
  // `settings` must outlive this.
  explicit MetadataCache(const config::MetadataAdapter& settings) : settings_(settings) {}

  // Null when unknown; valid until the next call.
  const ItemData* FindItem(std::string_view item, TimePoint now) const;
  const UserItemData* FindUserItem(const UserName& user, std::string_view item,
                                   TimePoint now) const;

  void PutItem(std::string_view item, const ItemData& data, TimePoint now);
  void PutUserItem(const UserName& user, std::string_view item, const UserItemData& data,
                   TimePoint now);

  // A session of the user has begun, has ended.
  void OnSession(const UserName& user);
  void OnSessionEnd(const UserName& user);
  void OnNewRemote();
  void Clear();

 private:
  template <class Data>
  struct Entry {
    Data data;
    TimePoint expires;
  };
  template <class Data>
  using Entries = absl::flat_hash_map<std::string, Entry<Data>, StringHash, std::equal_to<>>;

  // While there is a session, or something is known.
  struct User {
    std::size_t sessions = 0;  // counted only where their end matters
    Entries<UserItemData> items;
  };

  void ForgetUserItems();

  const config::MetadataAdapter& settings_;
  Entries<ItemData> items_;
  absl::flat_hash_map<UserName, User> users_;
  std::size_t user_items_ = 0;  // of all users
};

}  // namespace penstock::adapters
