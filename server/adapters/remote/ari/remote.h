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
#include "adapters/remote/pending_calls.h"
#include "adapters/remote/remote.h"
#include "ari/method.h"
#include "ari/version.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"

namespace penstock::adapters {

class AriRemote;

using AriPendingCalls = PendingCalls<std::string, std::string_view, ari::PacketHead>;

// Who is told what remote adapters say: their channel.
class AriPacketSink {
 public:
  // A packet that answers no call; only while the remote adapter is ready. An error when it cannot
  // be understood.
  virtual ari::Status OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) = 0;

 protected:
  ~AriPacketSink() = default;
};

// A remote adapter that speaks ARI: agrees on the version, carries calls, watches that it lives.
// With a notify port, its two connections are one remote adapter. The states are those of ari.md
// §1.9 between the connection and the loss.
class AriRemote final : public Remote, private AriConnectionOwner {
 public:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  AriRemote(AriChannelContext& context, RemoteOwner* owner, AriPacketSink* sink);

  // It waits for a connection of this role.
  bool Lacks(AriRole role) const;
  // A connection that may come in. The initialisation is sent when none lacks any more.
  void Join(ConnectionPtr connection);

  bool ready() const { return state_ == State::kReady; }
  const ari::Dialect& dialect() const { return dialect_; }

  // Remote
  const std::string& peer() const override { return peer_; }
  std::string sdk() const override { return requests_ != nullptr ? requests_->remote.sdk : ""; }
  std::string version() const override { return std::string(ari::VersionText(dialect_.version)); }
  bool heard_anything() const override {
    return requests_ != nullptr && requests_->heard_anything();
  }
  std::size_t calls_under_way() const override { return pending_.size(); }
  void FailCalls() override { pending_.FailAll(); }
  void OnRole(bool) override {}  // nothing in this protocol tells it
  void Flush() override;
  void End(std::string_view reason, EndKind kind) override;

  // A call: take an id, append the packet to out(), then Expect() the answer. While ready() only.
  std::string NextId();
  std::string& out() { return requests_->out(); }
  void Expect(const std::string& id, AriPendingCalls::Handler handler);
  // An answer is of no more interest; false when none was expected.
  bool Forget(std::string_view id) { return pending_.Forget(id); }

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
  void CloseConnections(std::string_view reason, EndKind kind);

  // Fixed after construction.
  AriChannelContext& context_;
  const config::ProxySettings& proxy_;
  RemoteOwner* const owner_;
  AriPacketSink* const sink_;

  // State.
  State state_ = State::kConnecting;
  std::string peer_;
  ConnectionPtr requests_;
  ConnectionPtr notifications_;
  ari::Dialect dialect_;
  std::string id_suffix_;  // makes ids unique over restarts
  std::string init_id_;
  AriPendingCalls pending_;
  runtime::WheelTimer init_timer_;
};

}  // namespace penstock::adapters
