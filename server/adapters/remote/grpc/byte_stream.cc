// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "adapters/remote/grpc/byte_stream.h"

#include <google/protobuf/message_lite.h>
#include <grpcpp/impl/codegen/proto_buffer_reader.h>
#include <grpcpp/security/auth_context.h>

#include <chrono>
#include <limits>
#include <utility>

namespace penstock::adapters {

namespace {

// How long a peer that was told why may take to read it.
constexpr auto kLinger = std::chrono::seconds(2);

// gRPC says "ipv4:127.0.0.1:50312" or "ipv6:%5B::1%5D:50312".
void ReadAddress(const std::string& uri, GrpcPeer* peer) {
  const bool is_v6 = uri.starts_with("ipv6:");
  peer->text = is_v6 || uri.starts_with("ipv4:") ? uri.substr(5) : uri;
  for (const auto& [from, to] : {std::pair{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}}) {
    if (const auto at = peer->text.find(from); at != std::string::npos) {
      peer->text.replace(at, 3, to);
    }
  }
  peer->address = peer->text.substr(0, peer->text.rfind(':'));
  if (peer->address.starts_with('[')) {
    peer->address = peer->address.substr(1, peer->address.size() - 2);
  }
}

// Alternative names, or the common name of a certificate that has none.
void ReadNames(const grpc::AuthContext& context, GrpcPeer* peer) {
  if (!context.IsPeerAuthenticated()) return;
  for (const char* const property : {"x509_subject_alternative_name", "x509_common_name"}) {
    for (const grpc::string_ref& name : context.FindPropertyValues(property)) {
      peer->names.emplace_back(name.data(), name.size());
    }
    if (!peer->names.empty()) return;
  }
}

}  // namespace

void GrpcByteStream::SetPeer(const std::string& uri, const std::string& authorization,
                             const grpc::AuthContext& context) {
  ReadAddress(uri, &peer_);
  peer_.authorization = authorization;
  ReadNames(context, &peer_);
}

void GrpcByteStream::Open(runtime::Shard& shard, GrpcStreamOwner* owner, bool greeting) {
  const std::lock_guard lock(mutex_);
  owner_ = owner;
  shard_ = &shard;
  most_unread_ = greeting ? 0 : kMostUnread;
  if (ended_ || !inbox_.empty()) PostDrain();
  ReadMore();
}

void GrpcByteStream::Leave() {
  const std::lock_guard lock(mutex_);
  owner_ = nullptr;
}

bool GrpcByteStream::IsOwnedBy(const GrpcStreamOwner* owner) {
  const std::lock_guard lock(mutex_);
  return owner_ == owner;
}

// --- In

void GrpcByteStream::ReadMore() {
  if (reading_ || ended_) return;
  if (last_word_ && !DropsWhatComes()) return;
  if (!last_word_ && inbox_bytes_ > most_unread_) return;
  reading_ = true;
  BeginRead(&incoming_);
}

void GrpcByteStream::BeginReading() {
  reading_ = false;
  ReadMore();
}

void GrpcByteStream::NoteRead(bool ok) {
  reading_ = false;
  if (!ok) {
    ended_ = true;
    return;
  }
  if (!DropsWhatComes()) {
    inbox_bytes_ += incoming_.Length() + 1;
    inbox_.emplace_back().Swap(&incoming_);
    PostDrain();
  }
  ReadMore();
}

void GrpcByteStream::PostDrain() {
  if (shard_ == nullptr || std::exchange(drain_posted_, true)) return;
  // Also behind Over(), while somebody has it: the end is to be told.
  shard_->Post([self = weak_from_this().lock()] {
    if (self != nullptr) self->Drain();
  });
}

void GrpcByteStream::Drain() {
  std::vector<grpc::ByteBuffer> taken;
  GrpcStreamOwner* owner = nullptr;
  bool pauses = false;
  std::optional<std::string> why;
  std::size_t longest = std::numeric_limits<std::size_t>::max();
  {
    const std::lock_guard lock(mutex_);
    if (!shard_->OnThisShard()) {  // opened by another owner meanwhile
      drain_posted_ = false;
      PostDrain();
      return;
    }
    owner = owner_;
    const bool reads_on = owner != nullptr && most_unread_ != 0;
    pauses = reads_on && shard_->RunsAhead();
    if (most_unread_ == 0) longest = kMostGreeting;
    if (!pauses) {
      taken.swap(inbox_);
      inbox_.swap(spare_);
      inbox_bytes_ = 0;
      why = why_;
      drain_posted_ = false;
      if (reads_on) ReadMore();
    }
  }
  if (pauses) {
    owner->OnPaused();  // the drain stays posted: nothing else posts one
    return;
  }
  if (owner == nullptr) return;
  for (grpc::ByteBuffer& bytes : taken) {
    if (!IsOwnedBy(owner)) break;
    bool is_readable = bytes.Length() <= longest;
    if (is_readable) {
      grpc::ProtoBufferReader reader(&bytes);
      is_readable = owner->NextMessage().ParseFromZeroCopyStream(&reader);
    }
    bytes.Clear();
    owner->OnMessage(is_readable);
  }
  taken.clear();
  {
    const std::lock_guard lock(mutex_);
    spare_.swap(taken);
    if (!why || owner_ != owner) return;
  }
  owner->OnBroken(*why);
}

void GrpcByteStream::Break(std::string why) {
  if (!why_) why_ = std::move(why);
  PostDrain();
}

// --- Out

bool GrpcByteStream::Send(const google::protobuf::MessageLite& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  const std::lock_guard lock(mutex_);
  if (ended_ || last_word_) return true;  // whoever waits for an answer hears of the end
  outbox_.emplace_back(&slice, 1);
  outbox_bytes_ += size;
  WriteNext();
  return outbox_bytes_ <= kMostUnsent;
}

std::size_t GrpcByteStream::unsent() {
  const std::lock_guard lock(mutex_);
  return outbox_bytes_;
}

void GrpcByteStream::WriteNext() {
  if (writing_ || finished_ || outbox_.empty()) return;
  writing_ = true;
  BeginWrite(&outbox_.front());
}

void GrpcByteStream::NoteWritten(bool ok) {
  writing_ = false;
  outbox_bytes_ -= outbox_.front().Length();
  outbox_.pop_front();
  // Who has ended the call takes nothing more.
  if (!ok || (ended_ && ends_with_ == EndsWith::kAdapter)) DropUnsent();
  WriteNext();
  FinishIfSent();
}

void GrpcByteStream::NoteCut() {
  ended_ = true;
  DropUnsent();
}

void GrpcByteStream::DropUnsent() {
  outbox_.resize(writing_ ? 1 : 0);
  outbox_bytes_ = writing_ ? outbox_.front().Length() : 0;
}

void GrpcByteStream::Finish(GrpcStatus status, std::string_view text) {
  const std::lock_guard lock(mutex_);
  owner_ = nullptr;
  if (last_word_) return;
  last_word_.emplace(static_cast<grpc::StatusCode>(status), std::string(text));
  FinishIfSent();
  ReadMore();
  if (self_ == nullptr || (finished_ && ends_with_ == EndsWith::kUs)) return;
  // The alarm keeps what it calls until its own end, which is this one's.
  patience_.Set(std::chrono::system_clock::now() + kLinger,
                [weak = std::weak_ptr(self_)](bool is_over) {
                  if (!is_over) return;  // nor may this be the last one that has it
                  const std::shared_ptr<GrpcByteStream> self = weak.lock();
                  if (self == nullptr) return;
                  const std::lock_guard lock_of_self(self->mutex_);
                  if (!self->done_) self->CancelCall();
                });
}

void GrpcByteStream::GiveUp(const grpc::Status& last_word) {
  if (!last_word_) last_word_ = last_word;
  DropUnsent();
  FinishIfSent();
  ReadMore();
}

void GrpcByteStream::FinishIfSent() {
  if (!last_word_ || writing_ || !outbox_.empty() || std::exchange(finished_, true)) return;
  BeginEnd(*last_word_);
}

std::shared_ptr<GrpcByteStream> GrpcByteStream::Over() {
  done_ = true;
  patience_.Cancel();
  return std::move(self_);
}

}  // namespace penstock::adapters
