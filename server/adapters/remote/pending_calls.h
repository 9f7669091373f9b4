// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/string_hash.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// How a call of a remote adapter ends.
enum class CallEnd : std::uint8_t { kReply, kTimeout, kLost, kDropped };

// The calls that a remote adapter has not answered yet, each with a deadline of its own. Calls are
// named by an `Id`, looked up by an `IdView`; `Answer` is what the protocol answers with.
// Owned by a remote adapter. Shard: the proxy's. A handler is called exactly once, from Complete(),
// FailAll() or the timer wheel, when the call is forgotten already: it may make new calls. Only
// after Forget() it is not called at all.
template <class Id, class IdView, class Answer>
class PendingCalls {
 public:
  // The id of the call is valid during the handler; the answer is null unless kReply.
  using Handler = absl::AnyInvocable<void(IdView id, CallEnd end, const Answer* answer)>;

  // No deadlines when `timeout` is zero.
  PendingCalls(runtime::Shard& shard, Duration timeout) : shard_(shard), timeout_(timeout) {}

  void Add(const Id& id, Handler handler) {
    auto call = std::make_unique<Call>(*this, id, std::move(handler));
    if (timeout_ > Duration::zero()) shard_.wheel().Arm(call->timer, shard_.now() + timeout_);
    calls_.insert_or_assign(id, std::move(call));
  }
  // False when no call has this id.
  bool Complete(IdView id, const Answer& answer) { return End(id, CallEnd::kReply, &answer); }
  // Nobody waits for its answer any more. False when no call has this id.
  bool Drop(IdView id) { return End(id, CallEnd::kDropped, nullptr); }
  // False when no call has this id.
  bool Forget(IdView id) {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return false;
    calls_.erase(it);  // with its timer
    return true;
  }
  void FailAll() {
    const auto calls = std::exchange(calls_, {});
    for (const auto& [id, call] : calls) call->timer.Cancel();
    for (const auto& [id, call] : calls) call->handler(id, CallEnd::kLost, nullptr);
  }

  std::size_t size() const { return calls_.size(); }

 private:
  struct Call {
    Call(PendingCalls& owner_in, const Id& id_in, Handler handler_in)
        : owner(owner_in), id(id_in), handler(std::move(handler_in)) {}

    PendingCalls& owner;
    const Id id;
    Handler handler;
    runtime::WheelTimer timer{[](void* self) {
                                Call& call = *static_cast<Call*>(self);
                                call.owner.End(call.id, CallEnd::kTimeout, nullptr);
                              },
                              this};
  };
  using Hash = std::conditional_t<std::is_integral_v<Id>, absl::Hash<Id>, StringHash>;

  bool End(IdView id, CallEnd end, const Answer* answer) {
    const auto it = calls_.find(id);
    if (it == calls_.end()) return false;
    const std::unique_ptr<Call> call = std::move(it->second);
    calls_.erase(it);
    call->timer.Cancel();
    call->handler(call->id, end, answer);
    return true;
  }

  runtime::Shard& shard_;
  const Duration timeout_;
  absl::flat_hash_map<Id, std::unique_ptr<Call>, Hash, std::equal_to<>> calls_;
};

}  // namespace penstock::adapters
