// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/proxy_counters.h"
#include "adapters/remote/ari/candidates.h"
#include "adapters/remote/ari/channel_context.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/remote.h"
#include "ari/method.h"
#include "ari/version.h"
#include "base/status.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/listener.h"

namespace penstock::adapters {

// Who uses a channel: the proxy. Shard: the proxy's.
class AriChannelUser {
 public:
  virtual void OnReady() = 0;
  // After every call under way has failed; only after OnReady().
  virtual void OnLost() = 0;
  // A packet that answers no call. An error when it cannot be understood.
  virtual ari::Status OnPacket(const ari::PacketHead& packet) = 0;
  // No other remote adapter will be let in; the server may go on without.
  virtual void OnGivenUp() = 0;
  // The server cannot go on without this remote adapter.
  virtual void OnFatal(const std::string& reason) = 0;

 protected:
  ~AriChannelUser() = default;
};

// The way to one remote adapter over TCP: listens, lets one remote in, and hands calls to it until
// it is lost; then it listens for the next one. What a remote adapter goes through is AriRemote's.
//
// Owned by its proxy. Shard: the proxy's; ClaimPorts() and Listen() may run before it does.
class AriChannel final : private AriRemoteOwner, private runtime::TurnHook {
 public:
  AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
             AriChannelUser* user);
  ~AriChannel();

  Status ClaimPorts();
  Status Listen();
  void StopInput();
  // CLOSE to the remote adapter; nobody else comes in.
  void Shutdown(std::string_view reason);
  // A request has not been answered yet.
  bool IsBusy() const { return remote_ != nullptr && remote_->calls_under_way() != 0; }

  bool ready() const { return remote_ != nullptr && remote_->ready(); }
  std::uint16_t port() const { return port_; }
  std::uint16_t notify_port() const { return notify_port_; }

  // Of the remote adapter; of the last one while none is there.
  const ari::Dialect& dialect() const { return dialect_; }

  // All below only while ready(); see AriRemote.
  const std::string& peer() const { return remote_->peer(); }
  const std::string& sdk() const { return remote_->sdk(); }
  std::string NextId() { return remote_->NextId(); }
  std::string& out() { return remote_->out(); }
  void Expect(const std::string& id, PendingCalls::Handler handler) {
    remote_->Expect(id, std::move(handler));
  }
  // The remote adapter is of no more use.
  void Lose(std::string_view reason);

 private:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  enum class State : std::uint8_t {
    kClosed,   // ports not open
    kOpen,     // for a remote adapter, or with one
    kResting,  // an attempt has failed: the next one is not welcome yet
    kGivenUp,  // no further attempt
  };

  // AriRemoteOwner
  void OnRemoteReady(AriRemote& remote) override;
  ari::Status OnRemotePacket(AriRemote& remote, const ari::PacketHead& packet) override;
  void OnRemoteEnd(const AriRemoteEnd& end) override;
  // runtime::TurnHook
  void OnEndTurn() override;

  Status OpenListener(AriRole role, std::uint16_t port, std::unique_ptr<tcp::Listener>* listener);
  void OnAccept(AriRole role, tcp::AsioSocket socket);
  bool IsAllowed(const tcp::Endpoint& peer) const;
  // A connection to what may be a remote adapter, wherever it comes from.
  void OnConnected(AriRole role, tcp::AsioSocket socket);
  // Its credentials are right, or of no interest.
  void OnAdmitted(ConnectionPtr connection);
  // Why nobody is let in with this role right now; empty when somebody is.
  std::string_view Refusal(AriRole role) const;
  void AfterFailedAttempt(const AriRemoteEnd& end);

  // Fixed after construction.
  AriChannelContext context_;
  AriChannelUser* const user_;
  std::vector<asio::ip::address> allowed_;  // empty: everybody

  // State.
  State state_ = State::kClosed;
  bool stopped_ = false;
  std::uint16_t port_ = 0;
  std::uint16_t notify_port_ = 0;
  std::unique_ptr<tcp::Listener> request_listener_;
  std::unique_ptr<tcp::Listener> notify_listener_;
  AriCandidates candidates_;
  std::unique_ptr<AriRemote> remote_;
  ari::Dialect dialect_;
  runtime::WheelTimer rest_;
};

}  // namespace penstock::adapters
