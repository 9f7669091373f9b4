// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/adapter_hub.h"
#include "adapters/proxy_counters.h"
#include "adapters/remote/ari/candidates.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/door.h"
#include "adapters/remote/ari/remote.h"
#include "ari/method.h"
#include "ari/version.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// Who uses a channel: the proxy. Shard: the proxy's.
class AriChannelUser {
 public:
  // Another remote adapter is the active one.
  virtual void OnReady() = 0;
  // It is lost; only after OnReady(). Every call under way fails behind this. When a standby takes
  // over, that one is ready() already, and OnReady() follows when they have failed.
  virtual void OnLost() = 0;
  // Others stand by than before.
  virtual void OnStandbysChanged() = 0;
  // A packet of the active one that answers no call. An error when it cannot be understood.
  virtual ari::Status OnPacket(const ari::PacketHead& packet) = 0;
  // No other remote adapter will be let in; the server may go on without.
  virtual void OnGivenUp() = 0;
  // The server cannot go on without this remote adapter.
  virtual void OnFatal(const std::string& reason) = 0;

 protected:
  ~AriChannelUser() = default;
};

// The way to the remote adapters of a proxy over TCP: listens, lets them in, and hands calls to the
// active one until it is lost. Others stand by, initialised and watched, and hear of nothing; the
// one that has done so longest takes over in the same turn. What a remote adapter goes through is
// AriRemote's. A remote adapter with two connections stands alone: nothing says which two belong
// together.
//
// Owned by its proxy. Shard: the proxy's; ClaimPorts() and Listen() may run before it does.
class AriChannel final : private AriRemoteOwner, private runtime::TurnHook {
 public:
  AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
             AriChannelUser* user);
  ~AriChannel();

  Status ClaimPorts() { return door_.ClaimPorts(); }
  Status Listen();
  void SetTls(std::shared_ptr<const tls::Context> context) { door_.SetTls(std::move(context)); }
  void StopInput();
  // CLOSE to each remote adapter; nobody else comes in.
  void Shutdown(std::string_view reason);
  // A request has not been answered yet.
  bool IsBusy() const { return ready() && active_->calls_under_way() != 0; }

  // Ports and remote adapters.
  void Describe(ProxyStatus* status) const;
  // A remote adapter is active.
  bool ready() const { return active_ != nullptr; }
  // Of the active one; of the last one while none is there.
  const ari::Dialect& dialect() const { return dialect_; }

  // To the active one, while ready() only; see AriRemote.
  std::string NextId() { return active_->NextId(); }
  std::string& out() { return active_->out(); }
  void Expect(const std::string& id, PendingCalls::Handler handler) {
    active_->Expect(id, std::move(handler));
  }
  bool Forget(std::string_view id) { return active_->Forget(id); }
  // It is of no more use.
  void Lose(std::string_view reason);

 private:
  using ConnectionPtr = std::unique_ptr<AriConnection>;
  using RemotePtr = std::unique_ptr<AriRemote>;

  enum class State : std::uint8_t {
    kClosed,   // ports not open
    kOpen,     // for remote adapters
    kResting,  // an attempt has failed: the next one is not welcome yet
    kGivenUp,  // no further attempt
  };

  // AriRemoteOwner
  void OnRemoteReady(AriRemote& remote) override;
  ari::Status OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) override;
  void OnRemoteEnd(const AriRemoteEnd& end) override;
  // runtime::TurnHook
  void OnEndTurn() override;

  // A connection from wherever.
  void OnConnected(ConnectionPtr connection);
  void OnAdmitted(ConnectionPtr connection);
  // Why nobody is let in with this role right now; empty when somebody is.
  std::string_view Refusal(AriRole role) const;
  // The remote adapter that waits for a connection of this role; null if none does.
  AriRemote* FindLacking(AriRole role) const;

  RemotePtr Take(const AriRemote& remote);
  void OnActiveLost(AriRemote& lost, const AriRemoteEnd& end);
  void LogEnd(const AriRemote& remote, const AriRemoteEnd& end);
  // Nobody is active, nor about to be.
  bool IsAlone() const;
  void AfterFailedAttempt(const AriRemoteEnd& end);

  // Fixed after construction.
  AriChannelContext context_;
  AriChannelUser* const user_;

  // State.
  State state_ = State::kClosed;
  bool stopped_ = false;
  AriDoor door_;
  AriCandidates candidates_;
  std::vector<RemotePtr> entering_;  // not initialised yet
  std::vector<RemotePtr> standbys_;  // the oldest first
  RemotePtr active_;
  ari::Dialect dialect_;
  std::optional<TimePoint> lost_at_;  // since when nobody has been active
  runtime::WheelTimer rest_;
};

}  // namespace penstock::adapters
