// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "adapters/login_guard.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/waiting_room.h"
#include "ari/method.h"
#include "base/log_pace.h"

namespace penstock::adapters {

// Connections that have not shown their credentials yet. They are no remote adapters, so that a
// silent stranger keeps nobody out. Owned by an AriChannel. Shard: the proxy's.
class AriCandidates final : private AriConnectionOwner {
 public:
  // A stranger's line is kept until it is whole: credentials need no more than this.
  static constexpr std::size_t kMaxLine = std::size_t{64} * 1024;

  using OnAdmitted = absl::AnyInvocable<void(std::unique_ptr<AriConnection>)>;

  // `on_admitted` gets a connection whose credentials are right, from within its OnLine().
  AriCandidates(AriChannelContext& context, OnAdmitted on_admitted);

  // Refuses it if its address has named wrong credentials too often, or there is no room.
  void Add(std::unique_ptr<AriConnection> connection);
  // Closes all of them.
  void Clear() { waiting_.Clear(); }

 private:
  // AriConnectionOwner
  void OnLine(AriConnection& connection, std::string_view line) override;
  void OnBroken(AriConnection& connection, std::string_view why) override;
  void OnDeadline(AriConnection& connection) override;

  bool IsKnown(AriConnection& connection, const ari::PacketHead& packet);
  void Refuse(std::unique_ptr<AriConnection> connection, std::string_view reason);

  // Fixed after construction.
  AriChannelContext& context_;
  OnAdmitted on_admitted_;

  // State.
  AriWaitingRoom waiting_;
  LoginGuard guard_;
  LogPace wrong_;
};

}  // namespace penstock::adapters
