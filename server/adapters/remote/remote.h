// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "runtime/shard.h"

namespace penstock::adapters {

// One remote adapter, over whatever protocol, from its first connection to its end. Owned by a
// RemoteGroup, and by the shard's deferred list once it has ended: that may be in one of its own
// callbacks. Shard: the proxy's.
class Remote : public runtime::Deferred {
 public:
  enum class EndKind : std::uint8_t {
    kGone,     // there is nobody left to tell
    kClosed,   // by us: the remote adapter was told why
    kRefused,  // the same, and another attempt would end so too: it says that it cannot work
    kLeft,     // as it wished: see RemoteOwner::OnRemoteLeaving()
  };

  virtual const std::string& peer() const = 0;
  // What it says it is; empty before it has said anything.
  virtual std::string sdk() const = 0;
  virtual std::string version() const = 0;
  virtual bool heard_anything() const = 0;

  virtual std::size_t calls_under_way() const = 0;
  // After its end: tells who made them.
  virtual void FailCalls() = 0;
  // Once it has been initialised, and when it takes over.
  virtual void OnRole(bool is_active) = 0;

  // Sends what is there; at the end of a turn.
  virtual void Flush() = 0;
  // Its owner hears of it by OnRemoteEnd(), before this returns; unless it has ended already.
  virtual void End(std::string_view reason, EndKind kind) = 0;
};

// How a remote adapter ended.
struct RemoteEnd {
  // How far it had come.
  enum class Stage : std::uint8_t { kConnecting, kInitSent, kReady };

  Remote* remote = nullptr;
  Remote::EndKind kind = Remote::EndKind::kGone;
  std::string reason = {};
  Stage stage = Stage::kConnecting;
  bool heard_anything = false;
  TimePoint last_heard = {};
};

// Who is told how a remote adapter fares: its group.
class RemoteOwner {
 public:
  // It has been initialised: calls may be made.
  virtual void OnRemoteReady(Remote& remote) = 0;
  // It wants to leave: it gets no calls any more, and ends when those under way are over.
  virtual void OnRemoteLeaving(Remote& remote) = 0;
  // Its connections are closed, nothing follows.
  virtual void OnRemoteEnd(const RemoteEnd& end) = 0;

 protected:
  ~RemoteOwner() = default;
};

}  // namespace penstock::adapters
