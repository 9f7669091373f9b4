// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/dialer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "adapters/remote/ari/connection.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

// How soon to ask again whether to dial.
constexpr Duration kLookAgain = std::chrono::seconds(1);

}  // namespace

AriDialer::AriDialer(AriChannelContext& context, config::RemoteHost host, MayDial may_dial,
                     OnDialed on_dialed)
    : context_(context),
      host_(std::move(host)),
      may_dial_(std::move(may_dial)),
      on_dialed_(std::move(on_dialed)),
      dialer_(std::make_unique<tcp::Dialer>(
          context.shard, [this](tcp::AsioSocket socket) { OnConnected(std::move(socket)); },
          [this](const std::string& why) { OnFailed(why); })),
      self_(std::make_shared<AriDialer*>(this)),
      random_(std::random_device()()),
      timer_([](void* self) { static_cast<AriDialer*>(self)->Attempt(); }, this) {}

AriDialer::~AriDialer() = default;

void AriDialer::Start() { context_.shard.wheel().Arm(timer_, context_.shard.now()); }

void AriDialer::Stop() {
  timer_.Cancel();
  self_.reset();
  if (dialer_ == nullptr) return;
  dialer_->Stop();
  context_.shard.DeferDelete(std::move(dialer_));
}

void AriDialer::Attempt() {
  runtime::Shard& shard = context_.shard;
  if (!may_dial_()) {
    const Duration retry = context_.settings.proxy.connection_retry;
    shard.wheel().Arm(timer_, shard.now() + std::min(retry, kLookAgain));
    return;
  }
  began_ = shard.now();
  context_.counters.dials.Add();
  dialer_->Dial(host_.host, host_.port);
}

void AriDialer::OnConnected(tcp::AsioSocket socket) {
  last_failure_.clear();
  auto connection =
      std::make_unique<AriConnection>(context_.shard, std::move(socket), AriRole::kRequests,
                                      context_.settings.limits.adapter_line_bytes);
  connection->WhenGone([self = std::weak_ptr<AriDialer*>(self_)] {
    if (const auto dialer = self.lock()) (*dialer)->Pause();
  });
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter dialed", {"proxy", context_.settings.proxy.name},
               {"host", host_.host}, {"peer", connection->peer()});
  on_dialed_(*this, std::move(connection));
}

void AriDialer::OnFailed(const std::string& why) {
  context_.counters.dials_failed.Add();
  const config::ProxySettings& proxy = context_.settings.proxy;
  // Told once for each reason: it may stay so for days.
  if (why != last_failure_) {
    PENSTOCK_LOG(kAdapter, kWarn, "remote adapter not reached, dialing on", {"proxy", proxy.name},
                 {"host", host_.host}, {"port", host_.port}, {"reason", why},
                 {"retry_millis", proxy.connection_retry.count()});
    last_failure_ = why;
  }
  Pause();
}

void AriDialer::Pause() {
  const Duration retry = context_.settings.proxy.connection_retry;
  std::uniform_int_distribution<Duration::rep> more(0, retry.count() / 10);
  const TimePoint next = began_ + retry + Duration(more(random_));
  context_.shard.wheel().Arm(timer_, std::max(next, context_.shard.now()));
}

}  // namespace penstock::adapters
