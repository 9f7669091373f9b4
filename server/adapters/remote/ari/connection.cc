// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/ari/connection.h"

#include <utility>

namespace penstock::adapters {

namespace {

// Reads in one turn: a busy feed must not keep the other tenants of the shard waiting.
constexpr int kReadsPerTurn = 8;
// How long a feed rests that is faster than the shards that own its items.
constexpr auto kRest = std::chrono::milliseconds(1);
// How long a peer that was told why may take to read it.
constexpr auto kLinger = std::chrono::seconds(2);

}  // namespace

AriConnection::AriConnection(runtime::Shard& shard, tcp::Descriptor socket,
                             const tcp::Endpoint& peer, AriRole role, std::size_t max_line)
    : shard_(shard),
      role_(role),
      accepted_(shard.now()),
      socket_(shard, std::move(socket), this),
      splitter_(max_line),
      last_heard_(shard.now()),
      timer_([](void* self) { static_cast<AriConnection*>(self)->OnTimer(); }, this),
      rest_([](void* self) { static_cast<AriConnection*>(self)->socket_.WaitReadable(); }, this),
      watch_([](void* self) { static_cast<AriConnection*>(self)->WatchPeer(); }, this) {
  address_ = tcp::AddressText(peer);
  peer_ = address_ + ':' + std::to_string(peer.port());
  socket_.WatchPeer(kPeerTimeout);
  shard_.wheel().Arm(watch_, shard_.now() + kPeerTimeout);
}

AriConnection::~AriConnection() {
  if (when_gone_) when_gone_();
}

bool AriConnection::Secure(std::shared_ptr<const tls::Context> context,
                           const std::optional<tls::PeerName>& dialed) {
  auto stream = dialed ? tls::Stream::Connect(std::move(context), socket_.descriptor(), *dialed)
                       : tls::Stream::Create(std::move(context), socket_.descriptor());
  if (stream == nullptr) return false;
  socket_.Secure(std::move(stream));
  securing_ = true;
  // Who has dialed says hello, unless the peer has spoken already: no TLS does. If that fails, the
  // next look tells.
  char first = 0;
  if (dialed && socket_.Peek({&first, 1}).status == tcp::ReadStatus::kWouldBlock) {
    static_cast<void>(socket_.Read(shard_.read_buffer()));
  }
  return true;
}

void AriConnection::Open(AriConnectionOwner* owner) {
  owner_ = owner;
  socket_.WaitReadable();
}

void AriConnection::OnReadable() {
  if (owner_ != nullptr && shard_.RunsAhead()) {
    last_heard_ = shard_.now();  // it has said something: it is we who do not listen
    shard_.wheel().Arm(rest_, shard_.now() + kRest);
    return;
  }
  if (!looked_at_ && owner_ != nullptr && !Look()) return;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const std::span<char> buffer = shard_.read_buffer();
    const tcp::ReadResult read = socket_.Read(buffer);
    if (securing_ && socket_.tls()->established()) {
      securing_ = false;
      if (owner_ != nullptr) owner_->OnSecured(*this);
      if (!socket_.is_open()) return;
    }
    if (read.status == tcp::ReadStatus::kWouldBlock) return socket_.WaitReadable();
    if (read.status != tcp::ReadStatus::kData) {
      if (owner_ == nullptr) {
        socket_.Close();
      } else {
        owner_->OnBroken(*this, WhyBroken(read.status));
      }
      return;
    }
    if (owner_ == nullptr) continue;  // lingering: what comes now is of no interest
    last_heard_ = shard_.now();
    heard_anything_ = true;
    if (!TakeLines(std::string_view(buffer.data(), read.size)) && !socket_.is_open()) return;
  }
  shard_.wheel().Arm(rest_, shard_.now());  // the rest is for the next turn
}

// Records of TLS begin with the byte of their type; ARI begins with printable ones. Nothing is read
// before, or the first byte would be another one.
bool AriConnection::Look() {
  constexpr char kAlert = 0x15;
  constexpr char kHandshake = 0x16;
  const tls::Stream* const tls = socket_.tls();
  // It has failed: reading tells. Or the answer to our hello came while we said it.
  if (tls != nullptr && (tls->HasPending() || tls->HasRead())) {
    looked_at_ = true;
    return true;
  }
  char first = 0;
  const tcp::ReadStatus seen = socket_.Peek({&first, 1}).status;
  if (seen == tcp::ReadStatus::kWouldBlock) {
    socket_.WaitReadable();
    return false;
  }
  looked_at_ = true;
  const bool is_tls = first == kHandshake || first == kAlert;
  if (seen != tcp::ReadStatus::kData || is_tls == (tls != nullptr)) return true;
  is_mistaken_ = true;
  owner_->OnBroken(*this, is_tls ? "it speaks TLS, and this port does not"
                                 : "it speaks without TLS, and this port does not");
  return false;
}

std::string AriConnection::WhyBroken(tcp::ReadStatus status) const {
  if (status == tcp::ReadStatus::kEnd) return "the connection was closed by the remote adapter";
  const tls::Stream* const tls = socket_.tls();
  if (tls == nullptr || tls->failure() == tls::Failure::kNone) return "the connection broke";
  return securing_ ? tls->why() : "the connection broke: " + tls->why();
}

bool AriConnection::TakeLines(std::string_view bytes) {
  splitter_.Feed(bytes);
  std::string_view line;
  for (;;) {
    switch (splitter_.Next(&line)) {
      case ari::LineSplitter::Cut::kNeedMore:
        return true;
      case ari::LineSplitter::Cut::kTooLong:
        is_mistaken_ = true;
        owner_->OnBroken(*this, "a line is too long");
        return false;
      case ari::LineSplitter::Cut::kLine:
        owner_->OnLine(*this, line);
        if (owner_ == nullptr) return false;
    }
  }
}

ari::Status AriConnection::ReadCredentials(const ari::PacketHead& packet,
                                           ari::RemoteCredentials* rac) {
  remote.any_packet = true;
  const ari::Status status = ari::ParseRac(packet.args, rac);
  if (!status.ok()) return status;
  remote.wants_close = rac->enable_close_packet;
  remote.sdk = rac->sdk.value_or("");
  remote.user = rac->user.value_or("");
  return {};
}

bool AriConnection::Flush() {
  if (out_.empty()) return true;
  const bool sent = socket_.Write(out_);
  if (out_.capacity() > kKeptOutCapacity) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
  return sent && socket_.backlog_size() <= kMaxUnread;
}

void AriConnection::CloseGently() {
  owner_ = nullptr;
  // In the middle of a handshake nothing can be told, except to a peer that knows of none.
  if (securing_) socket_.Secure(nullptr);
  securing_ = false;
  if (!Flush()) {
    CloseNow();
    return;
  }
  rest_.Cancel();
  // Closed with bytes unread, the connection would be reset, and the reason lost with it.
  socket_.ShutdownSend();
  socket_.WaitReadable();
  shard_.wheel().Arm(timer_, shard_.now() + kLinger);
}

void AriConnection::CloseNow() {
  owner_ = nullptr;
  timer_.Cancel();
  rest_.Cancel();
  socket_.Close();
}

void AriConnection::Retire(std::unique_ptr<AriConnection> connection) {
  runtime::Shard& shard = connection->shard_;
  shard.DeferDelete(std::move(connection));
}

void AriConnection::WatchPeer() {
  if (owner_ == nullptr || !socket_.is_open()) return;
  const Duration silence = socket_.PeerSilence();
  if (silence < kPeerTimeout) {
    shard_.wheel().Arm(watch_, shard_.now() + kPeerTimeout - silence);
    return;
  }
  owner_->OnBroken(*this, "the machine of the remote adapter does not answer");
}

void AriConnection::OnTimer() {
  if (owner_ == nullptr) {
    socket_.Close();
  } else {
    owner_->OnDeadline(*this);
  }
}

}  // namespace penstock::adapters
