// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "ari/init.h"
#include "ari/line_splitter.h"
#include "ari/method.h"
#include "base/clock.h"
#include "runtime/shard.h"
#include "runtime/timer_wheel.h"
#include "transport/tcp/socket.h"

namespace penstock::adapters {

class AriConnection;

// What a connection was accepted for.
enum class AriRole : std::uint8_t { kRequests, kNotifications };

// Who is told what happens on a connection: whoever owns it.
class AriConnectionOwner {
 public:
  // A line without its end; valid during the call.
  virtual void OnLine(AriConnection& connection, std::string_view line) = 0;
  // The peer has gone, or does what cannot be borne; nothing follows.
  virtual void OnBroken(AriConnection& connection, std::string_view why) = 0;
  // What ArmDeadline() asked for.
  virtual void OnDeadline(AriConnection& connection) = 0;
  // The TLS handshake has come to its end.
  virtual void OnSecured(AriConnection& /*connection*/) {}

 protected:
  ~AriConnectionOwner() = default;
};

// One TCP connection of a remote adapter: lines in, packets out. What is appended during a turn
// leaves in one write at its end. Owned by an AriDoor, AriCandidates or an AriRemote, and by the
// shard's deferred list once it has been retired: then it knows its owner no more.
// Shard: the proxy's.
class AriConnection final : public tcp::SocketOwner, public runtime::Deferred {
 public:
  // A remote adapter that reads slower than this is cut off.
  static constexpr std::size_t kMaxUnread = 64 * 1024 * 1024;
  static constexpr std::size_t kKeptOutCapacity = 64 * 1024;
  // For a peer to show its credentials, say anything, or bring its second connection.
  static constexpr Duration kSetupTime = std::chrono::seconds(10);
  // Without a word of its machine for so long the peer is gone, and when it has taken nothing of
  // what waits for it for four times as long. A process that has nothing to say is not. It shows a
  // remote adapter's loss where no keepalive_timeout does.
  static constexpr auto kPeerTimeout = std::chrono::seconds(30);

  // `peer`: its address.
  AriConnection(runtime::Shard& shard, tcp::Descriptor socket, const tcp::Endpoint& peer,
                AriRole role, std::size_t max_line);

  ~AriConnection() override;

  // Before Open(): all that follows goes through TLS, OnSecured() first. With `dialed` it is for us
  // to begin. False when there is no memory for it.
  [[nodiscard]] bool Secure(std::shared_ptr<const tls::Context> context,
                            const std::optional<tls::PeerName>& dialed);
  void BoundLines(std::size_t max_line) { splitter_.set_max_line(max_line); }
  // Run once, when this object goes.
  void WhenGone(absl::AnyInvocable<void()> tell) { when_gone_ = std::move(tell); }

  // Starts to read, or goes on for another owner; from within a callback too.
  void Open(AriConnectionOwner* owner);

  AriRole role() const { return role_; }
  const std::string& address() const { return address_; }
  const std::string& peer() const { return peer_; }  // address:port
  TimePoint setup_deadline() const { return accepted_ + kSetupTime; }
  TimePoint last_heard() const { return last_heard_; }
  bool is_open() const { return socket_.is_open(); }
  bool heard_anything() const { return heard_anything_; }
  // Null without TLS.
  const tls::Stream* tls() const { return socket_.tls(); }
  // It was to speak TLS and does not, or the reverse; or what it says has no end.
  bool is_mistaken() const { return is_mistaken_; }

  // Packets to be sent at the end of the turn.
  std::string& out() { return out_; }
  // False when the connection is to be given up: broken, or its peer does not read.
  [[nodiscard]] bool Flush();

  void ArmDeadline(TimePoint deadline) { shard_.wheel().Arm(timer_, deadline); }

  // Sends what is there, lets the peer read it and closes. Or closes at once. The owner hears no
  // more; Retire() is next.
  void CloseGently();
  void CloseNow();
  static void Retire(std::unique_ptr<AriConnection> connection);

  // runtime::Deferred
  bool IsQuiet() const override { return !socket_.is_open(); }

  // Reads RAC and keeps what it says about the peer.
  ari::Status ReadCredentials(const ari::PacketHead& packet, ari::RemoteCredentials* rac);

  // What its owner knows about the peer.
  struct {
    bool any_packet = false;  // RAC may only be the first one
    bool wants_close = false;
    std::string sdk;
    std::string user;
  } remote;

 private:
  void OnReadable() override;
  void OnDrained() override {}
  void OnTimer();
  void WatchPeer();
  // Looks at the first byte. False: it is not there yet, or no TLS where it should be, or the
  // reverse; then the owner was told.
  bool Look();
  std::string WhyBroken(tcp::ReadStatus status) const;
  // False when the connection came to its end on the way.
  bool TakeLines(std::string_view bytes);

  // Fixed after construction.
  runtime::Shard& shard_;
  const AriRole role_;
  const TimePoint accepted_;
  std::string address_;
  std::string peer_;

  // State.
  AriConnectionOwner* owner_ = nullptr;  // before Open(), and once it is being closed
  tcp::Socket socket_;
  ari::LineSplitter splitter_;
  std::string out_;
  bool looked_at_ = false;  // whether it speaks TLS is known
  bool securing_ = false;   // the handshake of TLS is under way
  bool is_mistaken_ = false;
  bool heard_anything_ = false;
  TimePoint last_heard_;
  runtime::WheelTimer timer_;
  runtime::WheelTimer rest_;
  runtime::WheelTimer watch_;
  absl::AnyInvocable<void()> when_gone_;
};

}  // namespace penstock::adapters
