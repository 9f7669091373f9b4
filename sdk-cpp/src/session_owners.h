// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::adapter {

// Which of several servers has a client's session: known from its NNS to its NSC, whatever becomes
// of the connection in between.
// Owner: the adapter. Thread: any. Bounded: beyond kMaxSessions nothing more is remembered.
class SessionOwners {
 public:
  static constexpr size_t kMaxSessions = 1u << 20;

  // A connection has begun. If the server is another process than before its sessions are gone.
  void StartServer(const std::string& server, const std::string& instance) {
    const std::lock_guard lock(mutex_);
    std::string& known = instances_[server];
    if (known == instance && !instance.empty()) return;
    known = instance;
    std::erase_if(owners_, [&](const auto& entry) { return entry.second == server; });
  }
  void Remember(const std::string& session, const std::string& server) {
    const std::lock_guard lock(mutex_);
    if (owners_.size() < kMaxSessions) owners_.insert_or_assign(session, server);
  }
  void Forget(const std::string& session) {
    const std::lock_guard lock(mutex_);
    owners_.erase(session);
  }
  std::optional<std::string> Find(std::string_view session) const {
    const std::lock_guard lock(mutex_);
    const auto at = owners_.find(session);
    if (at == owners_.end()) return std::nullopt;
    return at->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> instances_;
  std::map<std::string, std::string, std::less<>> owners_;
};

}  // namespace penstock::adapter
