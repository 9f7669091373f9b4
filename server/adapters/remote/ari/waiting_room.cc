// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/waiting_room.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protection/address.h"

namespace penstock::adapters {

AriWaitingRoom::ConnectionPtr AriWaitingRoom::Add(ConnectionPtr connection) {
  const std::string key = protection::AddressKey(connection->address());
  const auto of_address = std::count_if(
      waiting_.begin(), waiting_.end(),
      [&key](const ConnectionPtr& one) { return protection::AddressKey(one->address()) == key; });
  if (static_cast<std::size_t>(of_address) >= kShare) return connection;
  waiting_.push_back(std::move(connection));
  return waiting_.size() > kRoom ? Take(*waiting_.front()) : nullptr;
}

AriWaitingRoom::ConnectionPtr AriWaitingRoom::Take(const AriConnection& connection) {
  const auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const ConnectionPtr& waiting) {
    return waiting.get() == &connection;
  });
  ConnectionPtr taken = std::move(*it);
  waiting_.erase(it);
  return taken;
}

void AriWaitingRoom::Clear() {
  for (ConnectionPtr& connection : waiting_) {
    connection->CloseNow();
    AriConnection::Retire(std::move(connection));
  }
  waiting_.clear();
}

}  // namespace penstock::adapters
