// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/metadata_cache.h"

namespace penstock::adapters {

const ItemData* MetadataCache::FindItem(std::string_view item, TimePoint now) const {
  const auto it = items_.find(item);
  return it == items_.end() || it->second.expires <= now ? nullptr : &it->second.data;
}

const UserItemData* MetadataCache::FindUserItem(const UserName& user, std::string_view item,
                                                TimePoint now) const {
  const auto owner = users_.find(user);
  if (owner == users_.end()) return nullptr;
  const auto it = owner->second.items.find(item);
  if (it == owner->second.items.end() || it->second.expires <= now) return nullptr;
  return &it->second.data;
}

void MetadataCache::PutItem(std::string_view item, const ItemData& data, TimePoint now) {
  if (settings_.cache_max_entries == 0) return;
  if (items_.size() >= settings_.cache_max_entries) items_.clear();
  const bool for_ever = settings_.item_data_timeout.count() == 0;
  const TimePoint expires = for_ever ? TimePoint::max() : now + settings_.item_data_timeout;
  items_.insert_or_assign(std::string(item), Entry<ItemData>{data, expires});
}

void MetadataCache::PutUserItem(const UserName& user, std::string_view item,
                                const UserItemData& data, TimePoint now) {
  if (settings_.cache_max_entries == 0 || settings_.user_data_timeout.count() == 0) return;
  // An answer that comes when the last session has gone.
  if (settings_.clear_on_session_close && !users_.contains(user)) return;
  if (user_items_ >= settings_.cache_max_entries) ForgetUserItems();
  const auto [it, is_new] = users_[user].items.insert_or_assign(
      std::string(item), Entry<UserItemData>{data, now + settings_.user_data_timeout});
  if (is_new) ++user_items_;
}

void MetadataCache::OnSession(const UserName& user) {
  if (settings_.clear_on_session_close) ++users_[user].sessions;
}

void MetadataCache::OnSessionEnd(const UserName& user) {
  const auto it = users_.find(user);
  if (it == users_.end() || it->second.sessions == 0 || --it->second.sessions > 0) return;
  user_items_ -= it->second.items.size();
  users_.erase(it);
}

void MetadataCache::OnNewRemote() {
  if (settings_.clear_on_new_remote) Clear();
}

void MetadataCache::Clear() {
  items_.clear();
  ForgetUserItems();
}

void MetadataCache::ForgetUserItems() {
  for (auto it = users_.begin(); it != users_.end();) {
    const auto user = it++;
    user->second.items.clear();
    if (user->second.sessions == 0) users_.erase(user);
  }
  user_items_ = 0;
}

}  // namespace penstock::adapters
