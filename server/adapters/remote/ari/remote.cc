// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/remote.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "ari/data_messages.h"
#include "ari/init.h"
#include "base/check.h"
#include "base/log.h"

namespace penstock::adapters {

namespace {

// Adapters may load a lot before they answer MPI or DPI (ari.md §8.1). One that never answers
// holds a place: here no timeout is not for ever.
constexpr Duration kMinInitTime = std::chrono::seconds(60);
constexpr std::string_view kNodeSdk = "Node.js Adapter SDK";

using Stage = RemoteEnd::Stage;

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

}  // namespace

AriRemote::AriRemote(AriChannelContext& context, RemoteOwner* owner, AriPacketSink* sink)
    : context_(context),
      proxy_(context.settings.proxy),
      owner_(owner),
      sink_(sink),
      pending_(context.shard, proxy_.timeout),
      init_timer_(
          [](void* self) {
            static_cast<AriRemote*>(self)->End("no answer to the initialisation in time",
                                               EndKind::kClosed);
          },
          this) {}

bool AriRemote::Lacks(AriRole role) const {
  if (state_ != State::kConnecting) return false;
  if (role == AriRole::kRequests) return requests_ == nullptr;
  return context_.settings.notify_port && notifications_ == nullptr;
}

void AriRemote::Join(ConnectionPtr connection) {
  PENSTOCK_DCHECK(Lacks(connection->role()));
  context_.LogArrival(connection->peer());
  if (peer_.empty() || connection->role() == AriRole::kRequests) peer_ = connection->peer();
  ArmDeadline(*connection);
  connection->Open(this);
  SlotOf(connection->role()) = std::move(connection);
  if (!Lacks(AriRole::kRequests) && !Lacks(AriRole::kNotifications)) SendInit();
}

void AriRemote::ArmDeadline(AriConnection& connection) {
  TimePoint deadline = TimePoint::max();
  if (connection.setup_deadline() > context_.shard.now()) deadline = connection.setup_deadline();
  if (const Duration silence = proxy_.keepalive_timeout; silence > Duration::zero()) {
    deadline = std::min(deadline, connection.last_heard() + silence);
  }
  if (deadline != TimePoint::max()) connection.ArmDeadline(deadline);
}

void AriRemote::OnDeadline(AriConnection& connection) {
  const TimePoint now = context_.shard.now();
  const bool setup_over = connection.setup_deadline() <= now;
  const Duration silence = proxy_.keepalive_timeout;
  if (silence > Duration::zero() && connection.last_heard() + silence <= now) {
    End("keepalive timeout", EndKind::kClosed);
  } else if (setup_over && state_ == State::kConnecting) {
    End("the second connection of the remote adapter did not come", EndKind::kClosed);
  } else if (setup_over && state_ == State::kInitSent && &connection == requests_.get() &&
             !connection.heard_anything()) {
    End("the remote adapter says nothing", EndKind::kClosed);
  } else {
    ArmDeadline(connection);
  }
}

// --- The handshake

void AriRemote::OnLine(AriConnection& connection, std::string_view line) {
  ari::PacketHead packet;
  if (const ari::Status status = ari::ParseHead(line, &packet); !status.ok()) {
    context_.CountMalformed(connection, "?", status.message());
    if (!ready()) End("protocol error", EndKind::kClosed);
    return;
  }
  if (packet.method == ari::Method::kKeepalive) return;
  const bool is_first = !std::exchange(connection.remote.any_packet, true);
  if (packet.method == ari::Method::kRac) {
    if (is_first) {
      OnCredentials(connection, packet);
    } else {
      End("protocol error: RAC is not the first packet", EndKind::kClosed);
    }
  } else if (packet.method == ari::Method::kFal && MayFail()) {
    OnFailure(packet);
  } else if (ready()) {
    OnReadyPacket(connection, packet);
  } else if (state_ == State::kInitSent && packet.id == init_id_) {
    OnInitReply(packet);
  } else {
    context_.CountMalformed(connection, packet.method_text,
                            "not allowed before the initialisation");
    End("protocol error: packet before the initialisation", EndKind::kClosed);
  }
}

// Where they are wanted, AriCandidates has looked at them: what comes here is for the log.
void AriRemote::OnCredentials(AriConnection& connection, const ari::PacketHead& packet) {
  ari::RemoteCredentials rac;
  if (const ari::Status status = connection.ReadCredentials(packet, &rac); !status.ok()) {
    context_.CountMalformed(connection, packet.method_text, status.message());
    End("protocol error: malformed RAC", EndKind::kClosed);
  }
}

void AriRemote::SendInit() {
  const AriChannelSettings& settings = context_.settings;
  state_ = State::kInitSent;
  dialect_ = ari::Dialect{.ascii_only = true};
  const auto epoch = std::chrono::system_clock::now().time_since_epoch();
  id_suffix_ = Hex(static_cast<std::uint64_t>(
                       std::chrono::duration_cast<std::chrono::milliseconds>(epoch).count()),
                   16);
  init_id_ = NextId();

  ari::InitRequest request;
  request.version = std::string(ari::VersionText(ari::kLatestVersion));
  request.keepalive_hint_millis = KeepaliveHint(proxy_);
  request.params.push_back({"adapters_conf.id", settings.adapter_set});
  if (!settings.is_metadata) {
    request.params.push_back({"data_provider.name", settings.data_adapter});
  }
  request.params.push_back({"server.instance_id", settings.server_instance_id});
  if (proxy_.robust) {
    request.params.push_back(
        {"proxy.instance_id", settings.server_instance_id + "." + proxy_.name});
  }
  for (const config::NameValue& param : proxy_.remote_params) {
    request.params.push_back({param.name, param.value});
  }
  ari::WriteInitRequest(init_id_, settings.is_metadata ? ari::Method::kMpi : ari::Method::kDpi,
                        request, dialect_, &out());
  context_.shard.wheel().Arm(
      init_timer_, context_.shard.now() + std::max<Duration>(proxy_.timeout, kMinInitTime));
}

void AriRemote::OnInitReply(const ari::PacketHead& packet) {
  const ari::Method method = context_.settings.is_metadata ? ari::Method::kMpi : ari::Method::kDpi;
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
  init_timer_.Cancel();
  dialect_.version = *reply.value.version;
  dialect_.item_lists = !(context_.settings.node_item_list_workaround && sdk() == kNodeSdk);
  state_ = State::kReady;
  context_.counters.connections.Add();
  PENSTOCK_LOG(kAdapter, kInfo, "remote adapter ready", {"proxy", proxy_.name}, {"peer", peer()},
               {"version", version()}, {"sdk", sdk()}, {"user", requests_->remote.user});
  owner_->OnRemoteReady(*this);
}

// --- Calls

std::string AriRemote::NextId() { return Hex(context_.NextRequest(), 0) + id_suffix_; }

void AriRemote::Expect(const std::string& id, AriPendingCalls::Handler handler) {
  context_.counters.requests.Add();
  pending_.Add(id, std::move(handler));
}

void AriRemote::OnReadyPacket(const AriConnection& connection, const ari::PacketHead& packet) {
  const bool is_call = packet.method == ari::Method::kFst || packet.method == ari::Method::kFus;
  if (is_call || ari::IsNotification(packet.method)) {
    const ari::Status status = sink_->OnRemotePacket(*this, packet);
    if (!status.ok()) context_.CountMalformed(connection, packet.method_text, status.message());
    return;
  }
  if (packet.method == ari::Method::kUnknown) {
    context_.CountMalformed(connection, packet.method_text, "unknown method");
    return;
  }
  if (!pending_.Complete(packet.id, packet)) context_.counters.late_replies.Add();
}

// A metadata adapter has no such packet before 1.9.0 (ari.md §3.13).
bool AriRemote::MayFail() const {
  return !ready() || !context_.settings.is_metadata || ari::HasReverseRequests(dialect_.version);
}

void AriRemote::OnFailure(const ari::PacketHead& packet) {
  ari::NotificationParser parser;
  const ari::Status status = parser.Parse(packet.method, packet.args, dialect_);
  const std::string_view message =
      status.ok() ? parser.notification().failure.value : std::string_view();
  End("the remote adapter reports a failure: " + std::string(message), EndKind::kRefused);
}

void AriRemote::Flush() {
  if (requests_ != nullptr && !requests_->Flush()) {
    End("the remote adapter does not read", EndKind::kGone);
  }
}

// --- The end

void AriRemote::OnBroken(AriConnection&, std::string_view why) { End(why, EndKind::kGone); }

void AriRemote::End(std::string_view reason, EndKind kind) {
  if (state_ == State::kEnded) return;
  RemoteEnd end{.remote = this, .kind = kind, .reason = std::string(reason)};
  if (state_ == State::kInitSent) end.stage = Stage::kInitSent;
  if (state_ == State::kReady) end.stage = Stage::kReady;
  end.heard_anything = heard_anything();
  for (const ConnectionPtr* slot : {&requests_, &notifications_}) {
    if (*slot != nullptr) end.last_heard = std::max(end.last_heard, (*slot)->last_heard());
  }
  init_timer_.Cancel();
  CloseConnections(reason, kind);
  state_ = State::kEnded;
  owner_->OnRemoteEnd(end);
}

void AriRemote::CloseConnections(std::string_view reason, EndKind kind) {
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

}  // namespace penstock::adapters
