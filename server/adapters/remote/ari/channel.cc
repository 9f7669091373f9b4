// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/channel.h"

#include <algorithm>
#include <asio/ip/address.hpp>
#include <charconv>
#include <chrono>
#include <utility>

#include "adapters/credentials.h"
#include "ari/data_messages.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

using namespace std::chrono_literals;

// A peer that has not shown its credentials, said anything, or brought its second connection.
constexpr auto kSetupTime = 10s;
// Adapters may load a lot before they answer MPI or DPI (ari.md §8.1).
constexpr Duration kMinInitTime = 60s;
constexpr auto kMalformedLogInterval = 60s;
constexpr std::size_t kMaxCandidates = 16;
constexpr std::string_view kNodeSdk = "Node.js Adapter SDK";

std::string Hex(std::uint64_t value, std::size_t width) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  std::string text(digits, end);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

// ari.md §1.8. Zero and less ask the remote adapter for nothing.
std::int64_t KeepaliveHint(const config::ProxySettings& proxy) {
  const std::int64_t timeout = proxy.keepalive_timeout.count();
  if (proxy.keepalive_hint) return proxy.keepalive_hint->count();
  if (timeout <= 0) return -1;
  return timeout < 4000 ? timeout / 2 : timeout - 2000;
}

asio::ip::address Unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

AriChannel::AriChannel(runtime::Shard& shard, AriChannelSettings settings, ProxyCounters& counters,
                       AriChannelUser* user)
    : shard_(shard),
      settings_(std::move(settings)),
      counters_(counters),
      user_(user),
      pending_(shard, settings_.proxy.timeout),
      timer_([](void* self) { static_cast<AriChannel*>(self)->OnTimer(); }, this) {
  for (const std::string& text : settings_.proxy.address_allow_list) {
    asio::error_code error;
    const asio::ip::address address = asio::ip::make_address(text, error);
    if (!error) allowed_.push_back(Unmapped(address));
  }
  shard_.AddHook(runtime::TurnPhase::kPump, this);
}

AriChannel::~AriChannel() { shard_.RemoveHook(runtime::TurnPhase::kPump, this); }

// --- Listening

Status AriChannel::ClaimPorts() {
  const config::ProxySettings& proxy = settings_.proxy;
  const auto claim = [&proxy](std::uint16_t wanted, std::uint16_t* port) {
    const StatusOr<std::uint16_t> got = tcp::Listener::ClaimPort({proxy.address, wanted});
    if (!got.ok()) {
      return Unavailable("proxy " + proxy.name + ": " + std::string(Message(got.status())));
    }
    *port = *got;
    return OkStatus();
  };
  PENSTOCK_RETURN_IF_ERROR(claim(proxy.request_reply_port, &port_));
  if (settings_.notify_port) PENSTOCK_RETURN_IF_ERROR(claim(*settings_.notify_port, &notify_port_));
  return OkStatus();
}

Status AriChannel::Listen() {
  if (stopped_) return OkStatus();
  PENSTOCK_RETURN_IF_ERROR(OpenListener(AriRole::kRequests, port_, &request_listener_));
  if (settings_.notify_port) {
    PENSTOCK_RETURN_IF_ERROR(
        OpenListener(AriRole::kNotifications, notify_port_, &notify_listener_));
  }
  state_ = State::kWaitConnection;
  return OkStatus();
}

Status AriChannel::OpenListener(AriRole role, std::uint16_t port,
                                std::unique_ptr<tcp::Listener>* listener) {
  const config::ProxySettings& proxy = settings_.proxy;
  auto opened = tcp::Listener::Open(
      shard_, {proxy.address, port}, tcp::PortUse::kExclusive,
      [this, role](tcp::AsioSocket socket) { OnAccept(role, std::move(socket)); });
  if (!opened.ok()) {
    return Unavailable("proxy " + proxy.name + ": " + std::string(Message(opened.status())));
  }
  *listener = std::move(*opened);
  PENSTOCK_LOG(kAdapter, kInfo, "waiting for the remote adapter", {"proxy", proxy.name},
               {"address", proxy.address}, {"port", port},
               {"for", role == AriRole::kRequests ? "requests" : "notifications"});
  return OkStatus();
}

void AriChannel::StopInput() {
  stopped_ = true;
  for (auto* listener : {&request_listener_, &notify_listener_}) {
    if (*listener == nullptr) continue;
    (*listener)->Close();
    shard_.DeferDelete(std::move(*listener));
  }
  for (ConnectionPtr& candidate : candidates_) {
    candidate->CloseNow();
    AriConnection::Retire(std::move(candidate));
  }
  candidates_.clear();
  if (state_ != State::kInitSent && state_ != State::kReady) state_ = State::kClosed;
}

void AriChannel::Shutdown(std::string_view reason) {
  StopInput();
  if (requests_ != nullptr || notifications_ != nullptr) End(reason, EndKind::kClosed);
}

// --- Letting in

void AriChannel::OnAccept(AriRole role, tcp::AsioSocket socket) {
  AriConnectionOwner* const owner = this;
  auto connection =
      std::make_unique<AriConnection>(shard_, std::move(socket), role, settings_.max_line, owner);
  if (!IsAllowed(*connection)) {
    counters_.connections_refused.Add();
    PENSTOCK_LOG(kAdapter, kWarn, "connection refused: the address is not on the allow list",
                 {"proxy", settings_.proxy.name}, {"peer", connection->peer()});
    connection->CloseNow();
    AriConnection::Retire(std::move(connection));
    return;
  }
  if (const std::string_view why = Refusal(role); !why.empty()) {
    Refuse(std::move(connection), why);
    return;
  }
  connection->ArmDeadline(shard_.now() + kSetupTime);
  connection->Open();
  if (settings_.proxy.auth) {
    candidates_.push_back(std::move(connection));
  } else {
    Adopt(std::move(connection));
  }
}

bool AriChannel::IsAllowed(const AriConnection& connection) const {
  if (allowed_.empty()) return settings_.proxy.address_allow_list.empty();
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(connection.address(), error);
  return !error && std::find(allowed_.begin(), allowed_.end(), Unmapped(address)) != allowed_.end();
}

std::string_view AriChannel::Refusal(AriRole role) const {
  const AriConnection* const holder =
      role == AriRole::kRequests ? requests_.get() : notifications_.get();
  if (holder != nullptr) return "another remote adapter is connected";
  if (state_ == State::kResting) return "the last attempt failed, try again later";
  if (state_ == State::kGivenUp) return "an attempt failed and no other one is allowed";
  if (state_ != State::kWaitConnection) return "not waiting for a remote adapter";
  if (candidates_.size() >= kMaxCandidates) return "too many connections without credentials";
  return {};
}

void AriChannel::Refuse(ConnectionPtr connection, std::string_view reason) {
  counters_.connections_refused.Add();
  PENSTOCK_LOG(kAdapter, kWarn, "connection of a remote adapter refused",
               {"proxy", settings_.proxy.name}, {"peer", connection->peer()}, {"reason", reason});
  ari::WriteClose(reason, &connection->out());
  connection->CloseGently();
  AriConnection::Retire(std::move(connection));
}

AriChannel::ConnectionPtr AriChannel::TakeCandidate(const AriConnection& connection) {
  const auto it =
      std::find_if(candidates_.begin(), candidates_.end(),
                   [&connection](const ConnectionPtr& c) { return c.get() == &connection; });
  ConnectionPtr taken = std::move(*it);
  candidates_.erase(it);
  return taken;
}

void AriChannel::Adopt(ConnectionPtr connection) {
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter connected", {"proxy", settings_.proxy.name},
               {"peer", connection->peer()});
  ArmDeadline(*connection);
  ConnectionPtr& slot = SlotOf(connection->role());
  slot = std::move(connection);
  if (requests_ != nullptr && (!settings_.notify_port || notifications_ != nullptr)) SendInit();
}

void AriChannel::ArmDeadline(AriConnection& connection) {
  TimePoint deadline = TimePoint::max();
  if (const TimePoint setup = connection.accepted() + kSetupTime; setup > shard_.now()) {
    deadline = setup;
  }
  if (const Duration silence = settings_.proxy.keepalive_timeout; silence > Duration::zero()) {
    deadline = std::min(deadline, connection.last_heard() + silence);
  }
  if (deadline != TimePoint::max()) connection.ArmDeadline(deadline);
}

void AriChannel::OnDeadline(AriConnection& connection) {
  const TimePoint now = shard_.now();
  const bool setup_over = connection.accepted() + kSetupTime <= now;
  if (!IsAdopted(connection)) {
    if (setup_over) Refuse(TakeCandidate(connection), "no credentials in time");
    return;
  }
  const Duration silence = settings_.proxy.keepalive_timeout;
  if (silence > Duration::zero() && connection.last_heard() + silence <= now) {
    End("keepalive timeout", EndKind::kClosed);
  } else if (setup_over && state_ == State::kWaitConnection) {
    End("the second connection of the remote adapter did not come", EndKind::kClosed);
  } else if (setup_over && state_ == State::kInitSent && &connection == requests_.get() &&
             !connection.heard_anything()) {
    End("the remote adapter says nothing", EndKind::kClosed);
  } else {
    ArmDeadline(connection);
  }
}

// --- The handshake

void AriChannel::OnLine(AriConnection& connection, std::string_view line) {
  ari::PacketHead packet;
  if (const ari::Status status = ari::ParseHead(line, &packet); !status.ok()) {
    CountMalformed(connection, "?", status.message());
    if (!ready()) Reject(connection, "protocol error");
    return;
  }
  if (packet.method == ari::Method::kKeepalive) return;
  const bool is_first = !std::exchange(connection.remote.any_packet, true);
  if (packet.method == ari::Method::kRac) {
    if (is_first) {
      OnCredentials(connection, packet);
    } else {
      Reject(connection, "protocol error: RAC is not the first packet");
    }
    return;
  }
  if (!IsAdopted(connection)) {
    Reject(connection, "wrong credentials");
  } else if (packet.method == ari::Method::kFal) {
    OnFailure(packet);
  } else if (ready()) {
    OnReadyPacket(connection, packet);
  } else if (state_ == State::kInitSent && packet.id == init_id_) {
    OnInitReply(packet);
  } else {
    CountMalformed(connection, packet.method_text, "not allowed before the initialisation");
    Reject(connection, "protocol error: packet before the initialisation");
  }
}

void AriChannel::OnCredentials(AriConnection& connection, const ari::PacketHead& packet) {
  ari::RemoteCredentials rac;
  if (const ari::Status status = ari::ParseRac(packet.args, &rac); !status.ok()) {
    CountMalformed(connection, packet.method_text, status.message());
    Reject(connection,
           settings_.proxy.auth ? "wrong credentials" : "protocol error: malformed RAC");
    return;
  }
  connection.remote.wants_close = rac.enable_close_packet;
  connection.remote.sdk = rac.sdk.value_or("");
  connection.remote.user = rac.user.value_or("");
  if (!settings_.proxy.auth) return;
  if (!CredentialsMatch(settings_.proxy.credentials, rac.user, rac.password)) {
    PENSTOCK_LOG(kAdapter, kWarn, "wrong credentials of a remote adapter",
                 {"proxy", settings_.proxy.name}, {"peer", connection.peer()},
                 {"user", connection.remote.user});
    Reject(connection, "wrong credentials");
    return;
  }
  ConnectionPtr taken = TakeCandidate(connection);
  if (const std::string_view why = Refusal(connection.role()); !why.empty()) {
    Refuse(std::move(taken), why);
  } else {
    Adopt(std::move(taken));
  }
}

void AriChannel::SendInit() {
  const config::ProxySettings& proxy = settings_.proxy;
  state_ = State::kInitSent;
  dialect_ = ari::Dialect{.ascii_only = true};
  const auto epoch = std::chrono::system_clock::now().time_since_epoch();
  id_suffix_ = Hex(static_cast<std::uint64_t>(
                       std::chrono::duration_cast<std::chrono::milliseconds>(epoch).count()),
                   16);
  init_id_ = NextId();

  ari::InitRequest request;
  request.version = std::string(ari::VersionText(ari::kLatestVersion));
  request.keepalive_hint_millis = KeepaliveHint(proxy);
  request.params.push_back({"adapters_conf.id", settings_.adapter_set});
  if (!settings_.is_metadata) {
    request.params.push_back({"data_provider.name", settings_.data_adapter});
  }
  request.params.push_back({"server.instance_id", settings_.server_instance_id});
  if (proxy.robust) {
    request.params.push_back(
        {"proxy.instance_id", settings_.server_instance_id + "." + proxy.name});
  }
  for (const config::NameValue& param : proxy.remote_params) {
    request.params.push_back({param.name, param.value});
  }
  ari::WriteInitRequest(init_id_, settings_.is_metadata ? ari::Method::kMpi : ari::Method::kDpi,
                        request, dialect_, &out());
  if (proxy.timeout > Duration::zero()) {
    shard_.wheel().Arm(timer_, shard_.now() + std::max<Duration>(proxy.timeout, kMinInitTime));
  }
}

void AriChannel::OnInitReply(const ari::PacketHead& packet) {
  const ari::Method method = settings_.is_metadata ? ari::Method::kMpi : ari::Method::kDpi;
  ari::Reply<ari::InitAnswer> reply;
  const ari::Status status = packet.method == method
                                 ? ari::ParseInitReply(method, packet.args, &reply)
                                 : ari::Status::Error("another method than asked for");
  if (!status.ok()) {
    End(std::string("the answer to the initialisation cannot be read: ") + status.message(),
        EndKind::kRefused);
    return;
  }
  if (!reply.ok()) {
    End("the remote adapter cannot be initialised: " + reply.exception->message.value_or(""),
        EndKind::kRefused);
    return;
  }
  if (!reply.value.version) {
    End("unsupported ARI.version " + reply.value.version_text, EndKind::kRefused);
    return;
  }
  timer_.Cancel();
  dialect_.version = *reply.value.version;
  dialect_.item_lists = !(settings_.node_item_list_workaround && requests_->remote.sdk == kNodeSdk);
  state_ = State::kReady;
  counters_.connections.Add();
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter ready", {"proxy", settings_.proxy.name},
               {"peer", peer()}, {"version", ari::VersionText(dialect_.version)}, {"sdk", sdk()},
               {"user", requests_->remote.user});
  user_->OnReady();
}

// --- Calls

std::string AriChannel::NextId() { return Hex(++last_id_, 0) + id_suffix_; }

void AriChannel::Expect(const std::string& id, PendingCalls::Handler handler) {
  counters_.requests.Add();
  pending_.Add(id, std::move(handler));
}

void AriChannel::OnReadyPacket(const AriConnection& connection, const ari::PacketHead& packet) {
  const bool is_call = packet.method == ari::Method::kFst || packet.method == ari::Method::kFus;
  if (is_call || ari::IsNotification(packet.method)) {
    const ari::Status status = user_->OnPacket(packet);
    if (!status.ok()) CountMalformed(connection, packet.method_text, status.message());
    return;
  }
  if (packet.method == ari::Method::kUnknown) {
    CountMalformed(connection, packet.method_text, "unknown method");
    return;
  }
  if (!pending_.Complete(packet.id, packet)) counters_.late_replies.Add();
}

void AriChannel::OnFailure(const ari::PacketHead& packet) {
  ari::NotificationParser parser;
  const ari::Status status = parser.Parse(packet.method, packet.args, dialect_);
  const std::string_view message =
      status.ok() ? parser.notification().failure.value : std::string_view();
  End("the remote adapter reports a failure: " + std::string(message), EndKind::kRefused);
}

void AriChannel::CountMalformed(const AriConnection& connection, std::string_view method,
                                std::string_view why) {
  counters_.malformed_lines.Add();
  if (malformed_logged_ != TimePoint::min() &&
      shard_.now() < malformed_logged_ + kMalformedLogInterval) {
    return;
  }
  malformed_logged_ = shard_.now();
  // Not the line itself: it may hold a password.
  PENSTOCK_LOG(kAdapter, kWarn, "malformed packet of a remote adapter (once a minute)",
               {"proxy", settings_.proxy.name}, {"peer", connection.peer()}, {"method", method},
               {"error", why});
}

void AriChannel::OnEndTurn() {
  if (requests_ != nullptr && !requests_->Flush()) {
    End("the remote adapter does not read", EndKind::kGone);
  }
}

// --- Ends

void AriChannel::OnBroken(AriConnection& connection, std::string_view why) {
  if (IsAdopted(connection)) {
    End(why, EndKind::kGone);
    return;
  }
  ConnectionPtr taken = TakeCandidate(connection);
  taken->CloseNow();
  AriConnection::Retire(std::move(taken));
}

void AriChannel::Reject(AriConnection& connection, std::string_view reason) {
  if (IsAdopted(connection)) {
    End(reason, EndKind::kClosed);
  } else {
    Refuse(TakeCandidate(connection), reason);
  }
}

void AriChannel::Lose(std::string_view reason) { End(reason, EndKind::kRefused); }

void AriChannel::End(std::string_view reason, EndKind kind) {
  if (requests_ == nullptr && notifications_ == nullptr) return;
  const State before = state_;
  const std::string peer = (requests_ != nullptr ? requests_ : notifications_)->peer();
  const bool heard = requests_ != nullptr && requests_->heard_anything();
  timer_.Cancel();
  CloseConnections(reason, kind);
  state_ = stopped_ ? State::kClosed : State::kWaitConnection;
  if (stopped_ && kind == EndKind::kClosed) {
    PENSTOCK_LOG(kAdapter, kInfo, "remote adapter dismissed", {"proxy", settings_.proxy.name},
                 {"peer", peer});
  } else {
    PENSTOCK_LOG(kAdapter, kWarn,
                 before == State::kReady ? "remote adapter lost" : "remote adapter not let in",
                 {"proxy", settings_.proxy.name}, {"peer", peer}, {"reason", reason});
  }
  if (before != State::kReady) {
    counters_.connections_refused.Add();
    if (before == State::kInitSent && !stopped_) AfterFailedAttempt(kind, heard);
  } else {
    counters_.connections_lost.Add();
    if (!settings_.proxy.robust && !stopped_) state_ = State::kGivenUp;
    pending_.FailAll();
    user_->OnLost();
  }
  if (state_ != State::kGivenUp) return;
  if (settings_.proxy.robust) {
    user_->OnGivenUp();
  } else {
    user_->OnFatal("the remote adapter " + peer + " is lost: " + std::string(reason));
  }
}

// A connection that closes without a word was not a remote adapter: nothing has failed.
void AriChannel::AfterFailedAttempt(EndKind kind, bool heard) {
  const config::ProxySettings& proxy = settings_.proxy;
  if (!heard) return;
  const bool no_other = !proxy.robust || proxy.connection_recovery_timeout.count() < 0;
  if (kind == EndKind::kRefused && no_other) {
    state_ = State::kGivenUp;
    PENSTOCK_LOG(kAdapter, kError, "no other attempt of a remote adapter is allowed",
                 {"proxy", proxy.name});
  } else if (proxy.connection_recovery_timeout.count() > 0) {
    state_ = State::kResting;
    shard_.wheel().Arm(timer_, shard_.now() + proxy.connection_recovery_timeout);
  }
}

void AriChannel::CloseConnections(std::string_view reason, EndKind kind) {
  // Before 1.8.3 CLOSE is unknown, unless the remote adapter asked for it (ari.md §1.9).
  if (requests_ != nullptr && kind != EndKind::kGone &&
      (!ready() || ari::HasClose(dialect_.version) || requests_->remote.wants_close)) {
    ari::WriteClose(reason, &requests_->out());
  }
  for (ConnectionPtr* slot : {&requests_, &notifications_}) {
    if (*slot == nullptr) continue;
    if (kind == EndKind::kGone) {
      (*slot)->CloseNow();
    } else {
      (*slot)->CloseGently();
    }
    AriConnection::Retire(std::move(*slot));
  }
}

void AriChannel::OnTimer() {
  if (state_ == State::kInitSent) {
    End("no answer to the initialisation in time", EndKind::kClosed);
  } else if (state_ == State::kResting) {
    state_ = State::kWaitConnection;
  }
}

}  // namespace penstock::adapters
