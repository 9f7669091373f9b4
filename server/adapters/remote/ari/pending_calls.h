// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "ari/method.h"
#include "base/clock.h"
#include "base/string_hash.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

// How a call of a remote adapter ends.
enum class CallEnd : std::uint8_t { kReply, kTimeout, kLost };

// The calls that a remote adapter has not answered yet, each with a deadline of its own.
// Owned by an AriChannel. Shard: the proxy's. A handler is called exactly once, from Complete(),
// FailAll() or the timer wheel, when the call is forgotten already: it may make new calls. Only
// after Forget() it is not called at all.
class PendingCalls {
 public:
  // The id of the call is valid during the handler; the reply is null unless kReply.
  using Handler =
      absl::AnyInvocable<void(std::string_view id, CallEnd end, const ari::PacketHead* reply)>;

  // No deadlines when `timeout` is zero.
  PendingCalls(runtime::Shard& shard, Duration timeout);
  ~PendingCalls();

  void Add(const std::string& id, Handler handler);
  // False when no call has this id.
  bool Complete(std::string_view id, const ari::PacketHead& reply);
  // False when no call has this id.
  bool Forget(std::string_view id);
  void FailAll();

  std::size_t size() const { return calls_.size(); }

 private:
  struct Call;

  bool End(std::string_view id, CallEnd end, const ari::PacketHead* reply);

  runtime::Shard& shard_;
  const Duration timeout_;
  absl::flat_hash_map<std::string, std::unique_ptr<Call>, StringHash, std::equal_to<>> calls_;
};

}  // namespace penstock::adapters
