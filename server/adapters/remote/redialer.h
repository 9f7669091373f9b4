// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "absl/functional/any_invocable.h"
#include "adapters/proxy_counters.h"
#include "config/remote_hosts.h"
#include "config/settings.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// When a host is dialed: dials it, and dials again when what was reached has come to its end or
// nothing was reached. Two attempts begin `connection_retry_millis` apart at least, and up to a
// tenth more, so that many servers do not dial a host in step. Thus a connection that has lasted is
// replaced at once, and one that is cut off again and again is not dialed in a loop. The pause does
// not grow: one attempt in ten seconds harms nobody, and a host that is back is found soon.
//
// Owned by a dialer, which knows how. Shard: the proxy's; Start() may run before it does.
class Redialer {
 public:
  // Whether one more would be let in; asked before each attempt.
  using MayDial = absl::AnyInvocable<bool()>;

  // `dial` begins an attempt; OnReached() or OnFailed() ends it. All else must outlive this.
  Redialer(runtime::Shard& shard, const config::ProxySettings& proxy, ProxyCounters& counters,
           config::RemoteHost host, MayDial may_dial, absl::AnyInvocable<void()> dial);

  void Start();
  void Stop();
  const config::RemoteHost& host() const { return host_; }

  // `peer` is there. To be called when it is gone, whether this still is or not.
  [[nodiscard]] absl::AnyInvocable<void()> OnReached(const std::string& peer);
  void OnFailed(const std::string& why);

 private:
  void Attempt();
  // Arms the next attempt.
  void Pause();

  // Fixed after construction.
  runtime::Shard& shard_;
  const config::ProxySettings& proxy_;
  ProxyCounters& counters_;
  const config::RemoteHost host_;
  MayDial may_dial_;
  absl::AnyInvocable<void()> dial_;

  // State.
  std::shared_ptr<Redialer*> self_;  // whom a connection tells its end, as long as there is one
  TimePoint began_ = TimePoint::min();
  std::string last_failure_;
  std::minstd_rand random_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::adapters
