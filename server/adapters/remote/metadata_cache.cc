// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/metadata_cache.h"

namespace penstock::adapters {

const ItemData* MetadataCache::FindItem(std::string_view item) const {
  const auto it = items_.find(item);
  return it == items_.end() ? nullptr : &it->second;
}

const UserItemData* MetadataCache::FindUserItem(const UserName& user, std::string_view item,
                                                TimePoint now) {
  const auto it = user_items_.find(KeyOf(user, item));
  if (it == user_items_.end() || it->second.expires <= now) return nullptr;
  return &it->second.data;
}

void MetadataCache::PutItem(std::string_view item, const ItemData& data) {
  if (items_.size() >= kMaxEntries) items_.clear();
  items_.insert_or_assign(std::string(item), data);
}

void MetadataCache::PutUserItem(const UserName& user, std::string_view item,
                                const UserItemData& data, TimePoint now) {
  if (user_items_.size() >= kMaxEntries) user_items_.clear();
  user_items_.insert_or_assign(KeyOf(user, item), UserEntry{data, now + kUserDataLife});
}

void MetadataCache::Clear() {
  items_.clear();
  user_items_.clear();
}

// The length keeps "a" + "bc" and "ab" + "c" apart; no user at all is not the empty user.
const std::string& MetadataCache::KeyOf(const UserName& user, std::string_view item) {
  key_.clear();
  if (user) {
    key_ += std::to_string(user->size());
    key_ += ':';
    key_ += *user;
  } else {
    key_ += '-';
  }
  key_ += item;
  return key_;
}

}  // namespace penstock::adapters
