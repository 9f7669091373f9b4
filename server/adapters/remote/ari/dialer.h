// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/redialer.h"
#include "config/remote_hosts.h"
#include "transport/tcp/dialer.h"

namespace penstock::adapters {

// Keeps a connection to one host. Owned by an AriDoor. Shard: the proxy's; Start() may run before
// it does.
class AriDialer {
 public:
  using OnDialed = absl::AnyInvocable<void(const AriDialer&, std::unique_ptr<AriConnection>)>;

  AriDialer(AriChannelContext& context, config::RemoteHost host, Redialer::MayDial may_dial,
            OnDialed on_dialed);
  ~AriDialer();

  void Start() { redialer_.Start(); }
  void Stop();
  const config::RemoteHost& host() const { return redialer_.host(); }

 private:
  void OnConnected(tcp::Descriptor socket, const tcp::Endpoint& peer);

  // Fixed after construction.
  AriChannelContext& context_;
  OnDialed on_dialed_;

  // State.
  Redialer redialer_;
  std::unique_ptr<tcp::Dialer> dialer_;
};

}  // namespace penstock::adapters
