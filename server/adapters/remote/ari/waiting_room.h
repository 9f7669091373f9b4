// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "adapters/remote/ari/connection.h"

namespace penstock::adapters {

// Connections of strangers, who have to show something first. There is room for few: an address has
// a share of it, and when it is full the one that has waited longest goes, since a remote adapter
// does what it has to do at once. Owned by those who wait for it. Shard: the proxy's.
class AriWaitingRoom {
 public:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  static constexpr std::size_t kRoom = 16;
  static constexpr std::size_t kShare = 8;

  // Gives the connection for which there is no room: this one, another one, or null.
  [[nodiscard]] ConnectionPtr Add(ConnectionPtr connection);
  ConnectionPtr Take(const AriConnection& connection);
  // Closes all of them.
  void Clear();

 private:
  std::vector<ConnectionPtr> waiting_;  // the oldest first
};

}  // namespace penstock::adapters
