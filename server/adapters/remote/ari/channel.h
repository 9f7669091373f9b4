// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/proxy_counters.h"
#include "adapters/remote/ari/connection.h"
#include "adapters/remote/ari/pending_calls.h"
#include "ari/init.h"
#include "ari/method.h"
#include "ari/version.h"
#include "base/status.h"
#include "config/settings.h"
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

// What a channel is for; fixed.
struct AriChannelSettings {
  const config::ProxySettings& proxy;  // must outlive the channel
  bool is_metadata = false;
  std::optional<std::uint16_t> notify_port;
  std::string adapter_set;
  std::string data_adapter;  // empty for metadata
  std::string server_instance_id;
  std::size_t max_line = 0;
  // Leaves item lists out for the one adapter kit that cannot read them (ari.md §3.8).
  bool node_item_list_workaround = false;
};

// The way to one remote adapter over TCP: listens, lets one remote in, agrees on the version, and
// carries calls, until the remote is lost; then it listens for the next one. With a notify port,
// the two connections of a remote are one channel. The states are those of ari.md §1.9.
//
// Owned by its proxy. Shard: the proxy's; ClaimPorts() and Listen() may run before it does.
class AriChannel final : private AriConnectionOwner, private runtime::TurnHook {
 public:
  enum class State : std::uint8_t {
    kClosed,          // ports not open
    kWaitConnection,  // for the connection, for the second one, or for credentials
    kInitSent,
    kReady,
    kResting,  // an attempt has failed: the next one is not welcome yet
    kGivenUp,  // no further attempt
  };

  AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
             AriChannelUser* user);
  ~AriChannel();

  Status ClaimPorts();
  Status Listen();
  void StopInput();
  // CLOSE to the remote adapter; nobody else comes in.
  void Shutdown(std::string_view reason);
  // A request has not been answered yet.
  bool IsBusy() const { return pending_.size() != 0; }

  State state() const { return state_; }
  bool ready() const { return state_ == State::kReady; }
  std::uint16_t port() const { return port_; }
  std::uint16_t notify_port() const { return notify_port_; }
  const ari::Dialect& dialect() const { return dialect_; }
  // Of the remote adapter; only while ready().
  const std::string& peer() const { return requests_->peer(); }
  const std::string& sdk() const { return requests_->remote.sdk; }

  // A call: take an id, append the packet to out(), then Expect() the answer. While ready() only.
  std::string NextId();
  std::string& out() { return requests_->out(); }
  void Expect(const std::string& id, PendingCalls::Handler handler);

  // The remote adapter is of no more use.
  void Lose(std::string_view reason);

 private:
  using ConnectionPtr = std::unique_ptr<AriConnection>;

  // AriConnectionOwner
  void OnLine(AriConnection& connection, std::string_view line) override;
  void OnBroken(AriConnection& connection, std::string_view why) override;
  void OnDeadline(AriConnection& connection) override;
  // runtime::TurnHook
  void OnEndTurn() override;

  Status OpenListener(AriRole role, std::uint16_t port, std::unique_ptr<tcp::Listener>* listener);
  void OnAccept(AriRole role, tcp::AsioSocket socket);
  bool IsAllowed(const AriConnection& connection) const;
  // Why nobody is let in on this port right now; empty when somebody is.
  std::string_view Refusal(AriRole role) const;
  void Refuse(ConnectionPtr connection, std::string_view reason);
  void Adopt(ConnectionPtr connection);
  ConnectionPtr& SlotOf(AriRole role) {
    return role == AriRole::kRequests ? requests_ : notifications_;
  }
  bool IsAdopted(const AriConnection& connection) const {
    return &connection == requests_.get() || &connection == notifications_.get();
  }
  ConnectionPtr TakeCandidate(const AriConnection& connection);

  void OnCredentials(AriConnection& connection, const ari::PacketHead& packet);
  void SendInit();
  void OnInitReply(const ari::PacketHead& packet);
  void OnFailure(const ari::PacketHead& packet);
  void OnReadyPacket(const AriConnection& connection, const ari::PacketHead& packet);
  void ArmDeadline(AriConnection& connection);
  // The peer does what it may not: the end of a candidate or of the remote adapter.
  void Reject(AriConnection& connection, std::string_view reason);
  enum class EndKind : std::uint8_t {
    kGone,     // there is nobody left to tell
    kClosed,   // by us: the remote adapter is told why
    kRefused,  // the same, and another attempt would end so too: it says that it cannot work
  };
  // The end of the remote adapter that was in, or about to be let in.
  void End(std::string_view reason, EndKind kind);
  void CloseConnections(std::string_view reason, EndKind kind);
  void AfterFailedAttempt(EndKind kind, bool heard);
  void OnTimer();
  void CountMalformed(const AriConnection& connection, std::string_view method,
                      std::string_view why);

  // Fixed after construction.
  runtime::Shard& shard_;
  const AriChannelSettings settings_;
  ProxyCounters& counters_;
  AriChannelUser* const user_;
  std::vector<asio::ip::address> allowed_;  // empty: everybody

  // State.
  State state_ = State::kClosed;
  bool stopped_ = false;
  std::uint16_t port_ = 0;
  std::uint16_t notify_port_ = 0;
  std::unique_ptr<tcp::Listener> request_listener_;
  std::unique_ptr<tcp::Listener> notify_listener_;
  ConnectionPtr requests_;
  ConnectionPtr notifications_;
  std::vector<ConnectionPtr> candidates_;  // have not shown their credentials yet
  ari::Dialect dialect_;
  std::string id_suffix_;  // makes ids unique over connections and restarts
  std::string init_id_;
  std::uint64_t last_id_ = 0;
  PendingCalls pending_;
  runtime::WheelTimer timer_;  // of the answer to the init packet, or of the rest
  TimePoint malformed_logged_ = TimePoint::min();
};

}  // namespace penstock::adapters
