// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/pending_calls.h"

#include <utility>

namespace penstock::adapters {

struct PendingCalls::Call {
  Call(PendingCalls& owner_in, std::string id_in, Handler handler_in)
      : owner(owner_in), id(std::move(id_in)), handler(std::move(handler_in)) {}

  PendingCalls& owner;
  const std::string id;
  Handler handler;
  runtime::WheelTimer timer{[](void* self) {
                              Call& call = *static_cast<Call*>(self);
                              call.owner.End(call.id, CallEnd::kTimeout, nullptr);
                            },
                            this};
};

PendingCalls::PendingCalls(runtime::Shard& shard, Duration timeout)
    : shard_(shard), timeout_(timeout) {}

PendingCalls::~PendingCalls() = default;

void PendingCalls::Add(const std::string& id, Handler handler) {
  auto call = std::make_unique<Call>(*this, id, std::move(handler));
  if (timeout_ > Duration::zero()) shard_.wheel().Arm(call->timer, shard_.now() + timeout_);
  calls_.insert_or_assign(id, std::move(call));
}

bool PendingCalls::Complete(std::string_view id, const ari::PacketHead& reply) {
  return End(id, CallEnd::kReply, &reply);
}

bool PendingCalls::Forget(std::string_view id) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return false;
  calls_.erase(it);  // with its timer
  return true;
}

void PendingCalls::FailAll() {
  const auto calls = std::exchange(calls_, {});
  for (const auto& [id, call] : calls) call->timer.Cancel();
  for (const auto& [id, call] : calls) call->handler(id, CallEnd::kLost, nullptr);
}

bool PendingCalls::End(std::string_view id, CallEnd end, const ari::PacketHead* reply) {
  const auto it = calls_.find(id);
  if (it == calls_.end()) return false;
  const std::unique_ptr<Call> call = std::move(it->second);
  calls_.erase(it);
  call->timer.Cancel();
  call->handler(call->id, end, reply);
  return true;
}

}  // namespace penstock::adapters
