// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/pending_calls.h"
#include "ari/method.h"
#include "ari/version.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

class AriRemote;

// How a remote adapter ended.
struct AriRemoteEnd {
  enum class Kind : std::uint8_t {
    kGone,     // there is nobody left to tell
    kClosed,   // by us: the remote adapter was told why
    kRefused,  // the same, and another attempt would end so too: it says that it cannot work
  };
  Kind kind = Kind::kGone;
  std::string reason;
  AriRemote* remote = nullptr;
  // How far it had come.
  enum class Stage : std::uint8_t { kConnecting, kInitSent, kReady };
  Stage stage = Stage::kConnecting;
  bool heard_anything = false;
  TimePoint last_heard = {};
};

// Who is told how a remote adapter fares: its channel.
class AriRemoteOwner {
 public:
  // The handshake is over: calls may be made.
  virtual void OnRemoteReady(AriRemote& remote) = 0;
  // A packet that answers no call; only after OnRemoteReady(). An error when it cannot be
  // understood.
  virtual ari::Status OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) = 0;
  // Its connections are closed, nothing follows. FailCalls() and Retire() are next.
  virtual void OnRemoteEnd(const AriRemoteEnd& end) = 0;

 protected:
  ~AriRemoteOwner() = default;
};

// One remote adapter, from its first connection to its end: agrees on the version, carries calls,
// watches that it lives. With a notify port, its two connections are one remote adapter. The
// states are those of ari.md §1.9 between the connection and the loss.
//
// Owned by its AriChannel, and by the shard's deferred list once it has been retired: it may end
// in one of its own callbacks. Shard: the proxy's.
class AriRemote final : public runtime::Deferred, private AriConnectionOwner {
 public:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  AriRemote(AriChannelContext& context, AriRemoteOwner* owner);
  static void Retire(std::unique_ptr<AriRemote> remote);

  // It waits for a connection of this role.
  bool Lacks(AriRole role) const;
  // A connection that may come in. The initialisation is sent when none lacks any more.
  void Join(ConnectionPtr connection);

  bool ready() const { return state_ == State::kReady; }
  const std::string& peer() const { return peer_; }
  // Until the end.
  const std::string& sdk() const { return requests_->remote.sdk; }
  const std::string& user() const { return requests_->remote.user; }
  const ari::Dialect& dialect() const { return dialect_; }
  bool heard_anything() const { return requests_ != nullptr && requests_->heard_anything(); }

  // A call: take an id, append the packet to out(), then Expect() the answer. While ready() only.
  std::string NextId();
  std::string& out() { return requests_->out(); }
  void Expect(const std::string& id, PendingCalls::Handler handler);
  // An answer is of no more interest; false when none was expected.
  bool Forget(std::string_view id) { return pending_.Forget(id); }
  std::size_t calls_under_way() const { return pending_.size(); }
  void FailCalls() { pending_.FailAll(); }

  // Sends what is there; at the end of a turn.
  void Flush();
  void End(std::string_view reason, AriRemoteEnd::Kind kind);

 private:
  enum class State : std::uint8_t {
    kConnecting,  // the second connection is missing
    kInitSent,
    kReady,
    kEnded,
  };

  // AriConnectionOwner
  void OnLine(AriConnection& connection, std::string_view line) override;
  void OnBroken(AriConnection& connection, std::string_view why) override;
  void OnDeadline(AriConnection& connection) override;

  ConnectionPtr& SlotOf(AriRole role) {
    return role == AriRole::kRequests ? requests_ : notifications_;
  }
  void ArmDeadline(AriConnection& connection);
  void OnCredentials(AriConnection& connection, const ari::PacketHead& packet);
  void SendInit();
  void OnInitReply(const ari::PacketHead& packet);
  bool MayFail() const;
  void OnFailure(const ari::PacketHead& packet);
  void OnReadyPacket(const AriConnection& connection, const ari::PacketHead& packet);
  void CloseConnections(std::string_view reason, AriRemoteEnd::Kind kind);

  // Fixed after construction.
  AriChannelContext& context_;
  const config::ProxySettings& proxy_;
  AriRemoteOwner* const owner_;

  // State.
  State state_ = State::kConnecting;
  std::string peer_;
  ConnectionPtr requests_;
  ConnectionPtr notifications_;
  ari::Dialect dialect_;
  std::string id_suffix_;  // makes ids unique over restarts
  std::string init_id_;
  PendingCalls pending_;
  runtime::WheelTimer init_timer_;
};

}  // namespace penstock::adapters
