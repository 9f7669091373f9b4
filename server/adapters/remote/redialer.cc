// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/redialer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace penstock::adapters {

namespace {

// How soon to ask again whether to dial.
constexpr Duration kLookAgain = std::chrono::seconds(1);

}  // namespace

Redialer::Redialer(runtime::Shard& shard, const config::ProxySettings& proxy,
                   ProxyCounters& counters, config::RemoteHost host, MayDial may_dial,
                   absl::AnyInvocable<void()> dial)
    : shard_(shard),
      proxy_(proxy),
      counters_(counters),
      host_(std::move(host)),
      may_dial_(std::move(may_dial)),
      dial_(std::move(dial)),
      self_(std::make_shared<Redialer*>(this)),
      random_(std::random_device()()),
      timer_([](void* self) { static_cast<Redialer*>(self)->Attempt(); }, this) {}

void Redialer::Start() { shard_.wheel().Arm(timer_, shard_.now()); }

void Redialer::Stop() {
  timer_.Cancel();
  self_.reset();
}

void Redialer::Attempt() {
  if (!may_dial_()) {
    const Duration retry = proxy_.connection_retry;
    shard_.wheel().Arm(timer_, shard_.now() + std::min(retry, kLookAgain));
    return;
  }
  began_ = shard_.now();
  counters_.dials.Add();
  dial_();
}

absl::AnyInvocable<void()> Redialer::OnReached(const std::string& peer) {
  last_failure_.clear();
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter dialed", {"proxy", proxy_.name},
               {"host", host_.host}, {"peer", peer});
  return [self = std::weak_ptr<Redialer*>(self_)] {
    if (const auto redialer = self.lock()) (*redialer)->Pause();
  };
}

void Redialer::OnFailed(const std::string& why) {
  counters_.dials_failed.Add();
  // Told once for each reason: it may stay so for days.
  if (why != last_failure_) {
    PENSTOCK_LOG(kAdapter, kWarn, "remote adapter not reached, dialing on", {"proxy", proxy_.name},
                 {"host", host_.host}, {"port", host_.port}, {"reason", why},
                 {"retry_millis", proxy_.connection_retry.count()});
    last_failure_ = why;
  }
  Pause();
}

void Redialer::Pause() {
  const Duration retry = proxy_.connection_retry;
  std::uniform_int_distribution<Duration::rep> more(0, retry.count() / 10);
  const TimePoint next = began_ + retry + Duration(more(random_));
  shard_.wheel().Arm(timer_, std::max(next, shard_.now()));
}

}  // namespace penstock::adapters
