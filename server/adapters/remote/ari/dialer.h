// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "absl/functional/any_invocable.h"
#include "adapters/remote/ari/channel_context.h"
#include "config/remote_hosts.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/dialer.h"

namespace penstock::adapters {

// Keeps a connection to one host: dials, and dials again when the connection has come to its end or
// did not come about. Two attempts begin `connection_retry_millis` apart at least, and up to a
// tenth more, so that many servers do not dial a host in step. Thus a connection that has lasted is
// replaced at once, and one that is cut off again and again is not dialed in a loop. The pause does
// not grow: one attempt in ten seconds harms nobody, and a host that is back is found soon.
//
// Owned by an AriDoor. Shard: the proxy's; Start() may run before it does.
class AriDialer {
 public:
  using OnDialed = absl::AnyInvocable<void(const AriDialer&, std::unique_ptr<AriConnection>)>;
  // Whether a connection would be let in; asked before each attempt.
  using MayDial = absl::AnyInvocable<bool()>;

  AriDialer(AriChannelContext& context, config::RemoteHost host, MayDial may_dial,
            OnDialed on_dialed);
  ~AriDialer();

  void Start();
  void Stop();
  const config::RemoteHost& host() const { return host_; }

 private:
  void Attempt();
  void OnConnected(tcp::AsioSocket socket);
  void OnFailed(const std::string& why);
  // Arms the next attempt.
  void Pause();

  // Fixed after construction.
  AriChannelContext& context_;
  const config::RemoteHost host_;
  MayDial may_dial_;
  OnDialed on_dialed_;

  // State.
  std::unique_ptr<tcp::Dialer> dialer_;
  std::shared_ptr<AriDialer*> self_;  // whom a connection tells its end, as long as there is one
  TimePoint began_ = TimePoint::min();
  std::string last_failure_;
  std::minstd_rand random_;
  runtime::WheelTimer timer_;
};

}  // namespace penstock::adapters
