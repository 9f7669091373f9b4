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
#include "adapters/remote/remote.h"
#include "base/clock.h"
#include "base/log_pace.h"
#include "config/settings.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// Who is told how the remote adapters of a proxy fare: the proxy. Shard: the proxy's.
class RemoteGroupUser {
 public:
  // Another remote adapter is the active one.
  virtual void OnReady() = 0;
  // It is lost; only after OnReady(). Every call under way fails behind this, unless the remote
  // adapter leaves in an orderly way and still answers. When a standby takes over, that one is
  // ready() already, and OnReady() follows when they have failed.
  virtual void OnLost() = 0;
  // The calls under way at one that was leaving have failed: it could not answer them any more.
  virtual void OnLeaverLost() {}
  // Others stand by than before.
  virtual void OnStandbysChanged() = 0;
  // No other remote adapter will be let in; the server may go on without.
  virtual void OnGivenUp() = 0;
  // The server cannot go on without this remote adapter.
  virtual void OnFatal(const std::string& reason) = 0;

 protected:
  ~RemoteGroupUser() = default;
};

// The remote adapters of a proxy, whatever they speak. One is active; others stand by, initialised
// and watched, and hear of nothing; the one that has done so longest takes over in the same turn.
// Decides who else is let in, and when, after one was lost or could not be initialised: what robust
// and plain proxies do is here.
//
// Owned by a proxy's channel. Shard: the proxy's; Open() may run before it does.
class RemoteGroup final : private RemoteOwner, private runtime::TurnHook {
 public:
  using RemotePtr = std::unique_ptr<Remote>;

  // `most_standbys`: beside the active one. `proxy` and all else must outlive this.
  RemoteGroup(runtime::Shard& shard, const config::ProxySettings& proxy, int most_standbys,
              ProxyCounters& counters, RemoteGroupUser* user);
  ~RemoteGroup();

  void Open();
  bool stopped() const { return stopped_; }
  // Nobody is let in any more; those that are there stay.
  void Stop();
  // Ends each of them.
  void Shutdown(std::string_view reason);

  // Why nobody is let in right now, whoever it be; empty when somebody is.
  std::string_view Closed() const;
  // Why nobody is let in beside those that are there.
  std::string_view Surplus() const;

  // For a remote adapter's constructor.
  RemoteOwner* owner() { return this; }
  // One that is to be initialised.
  Remote& Add(RemotePtr remote) { return *entering_.emplace_back(std::move(remote)); }
  const std::vector<RemotePtr>& entering() const { return entering_; }

  bool ready() const { return active_ != nullptr; }
  // Null while none is there.
  Remote* active() const { return active_.get(); }
  // The active one is of no more use.
  void Lose(std::string_view reason);
  // Ready, peers, what they are.
  void Describe(ProxyStatus* status) const;

 private:
  enum class State : std::uint8_t {
    kClosed,   // not waiting for anybody
    kOpen,     // for remote adapters
    kResting,  // an attempt has failed: the next one is not welcome yet
    kGivenUp,  // no further attempt
  };

  // RemoteOwner
  void OnRemoteReady(Remote& remote) override;
  void OnRemoteLeaving(Remote& remote) override;
  void OnRemoteEnd(const RemoteEnd& end) override;
  // runtime::TurnHook
  void OnEndTurn() override;

  RemotePtr Take(const Remote& remote);
  bool IsLeaving(const Remote& remote) const;
  // The next one takes over, if there is one. `calls_fail`: those of the lost one.
  void ReplaceActive(Remote& lost, const RemoteEnd& end, bool calls_fail);
  void GiveUp(const std::string& peer, const std::string& reason);
  void LogEnd(const Remote& remote, const RemoteEnd& end);
  // Nobody is active, nor about to be.
  bool IsAlone() const;
  void AfterFailedAttempt(const RemoteEnd& end);

  // Fixed after construction.
  runtime::Shard& shard_;
  const config::ProxySettings& proxy_;
  const std::size_t most_standbys_;
  ProxyCounters& counters_;
  RemoteGroupUser* const user_;

  // State.
  State state_ = State::kClosed;
  bool stopped_ = false;
  std::vector<RemotePtr> entering_;  // not initialised yet
  std::vector<RemotePtr> standbys_;  // the oldest first
  RemotePtr active_;
  std::vector<RemotePtr> leaving_;
  std::optional<TimePoint> lost_at_;  // since when nobody has been active
  LogPace refusals_;
  LogPace failures_;
  runtime::WheelTimer rest_;
};

}  // namespace penstock::adapters
