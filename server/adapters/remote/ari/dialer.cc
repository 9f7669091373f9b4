// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/dialer.h"

#include <utility>

#include "adapters/remote/ari/connection.h"

namespace penstock::adapters {

AriDialer::AriDialer(AriChannelContext& context, config::RemoteHost host,
                     Redialer::MayDial may_dial, OnDialed on_dialed)
    : context_(context),
      on_dialed_(std::move(on_dialed)),
      redialer_(context.shard, context.settings.proxy, context.counters, std::move(host),
                std::move(may_dial),
                [this] { dialer_->Dial(redialer_.host().host, redialer_.host().port); }),
      dialer_(std::make_unique<tcp::Dialer>(
          context.shard,
          [this](tcp::Descriptor socket, const tcp::Endpoint& peer) {
            OnConnected(std::move(socket), peer);
          },
          [this](const std::string& why) { redialer_.OnFailed(why); })) {}

AriDialer::~AriDialer() = default;

void AriDialer::Stop() {
  redialer_.Stop();
  if (dialer_ == nullptr) return;
  dialer_->Stop();
  context_.shard.DeferDelete(std::move(dialer_));
}

void AriDialer::OnConnected(tcp::Descriptor socket, const tcp::Endpoint& peer) {
  auto connection =
      std::make_unique<AriConnection>(context_.shard, std::move(socket), peer, AriRole::kRequests,
                                      context_.settings.limits.adapter_line_bytes);
  if (!connection->is_open()) {
    AriConnection::Retire(std::move(connection));
    redialer_.OnFailed("the connection cannot be watched");
    return;
  }
  connection->WhenGone(redialer_.OnReached(connection->peer()));
  on_dialed_(*this, std::move(connection));
}

}  // namespace penstock::adapters
