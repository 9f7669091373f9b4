// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/adapter_hub.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/ari/candidates.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/door.h"
#include "adapters/remote/ari/remote.h"
#include "adapters/remote/remote_group.h"
#include "ari/method.h"
#include "ari/version.h"
#include "base/status.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// Who uses a channel: the proxy. Shard: the proxy's.
class AriChannelUser : public RemoteGroupUser {
 public:
  // A packet of the active one that answers no call. An error when it cannot be understood.
  virtual ari::Status OnPacket(const ari::PacketHead& packet) = 0;

 protected:
  ~AriChannelUser() = default;
};

// The way to the remote adapters of a proxy over TCP: listens or dials, lets them in, and hands
// calls to the active one. Which one that is, and who else may come, is the RemoteGroup's; what a
// remote adapter goes through AriRemote's. A remote adapter with two connections stands alone:
// nothing says which two belong together.
//
// Owned by its proxy. Shard: the proxy's; ClaimPorts() and Listen() may run before it does.
class AriChannel final : private AriPacketSink {
 public:
  AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
             AriChannelUser* user);

  Status ClaimPorts() { return door_.ClaimPorts(); }
  Status Listen();
  void SetTls(std::shared_ptr<const tls::Context> context) { door_.SetTls(std::move(context)); }
  void StopInput();
  // CLOSE to each remote adapter; nobody else comes in.
  void Shutdown(std::string_view reason);
  // A request has not been answered yet.
  bool IsBusy() const { return ready() && active().calls_under_way() != 0; }

  // Ports and remote adapters.
  void Describe(ProxyStatus* status) const;
  // A remote adapter is active.
  bool ready() const { return group_.ready(); }
  // Of the active one; while none is there, of nobody.
  const ari::Dialect& dialect() const;

  // To the active one, while ready() only; see AriRemote.
  std::string NextId() { return active().NextId(); }
  std::string& out() { return active().out(); }
  void Expect(const std::string& id, AriPendingCalls::Handler handler) {
    active().Expect(id, std::move(handler));
  }
  bool Forget(std::string_view id) { return active().Forget(id); }
  // It is of no more use.
  void Lose(std::string_view reason) { group_.Lose(reason); }

 private:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  // AriPacketSink
  ari::Status OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) override;

  AriRemote& active() const { return static_cast<AriRemote&>(*group_.active()); }
  // A connection from wherever.
  void OnConnected(ConnectionPtr connection);
  void OnAdmitted(ConnectionPtr connection);
  // Why nobody is let in with this role right now; empty when somebody is.
  std::string_view Refusal(AriRole role) const;
  // The remote adapter that waits for a connection of this role; null if none does.
  AriRemote* FindLacking(AriRole role) const;

  // Fixed after construction.
  AriChannelContext context_;
  AriChannelUser* const user_;

  // State.
  AriDoor door_;
  AriCandidates candidates_;
  RemoteGroup group_;
};

}  // namespace penstock::adapters
