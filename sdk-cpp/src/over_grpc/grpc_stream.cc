// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

#include "over_grpc/grpc_stream.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "over_grpc/wire.h"

namespace penstock::adapter {
namespace {

constexpr uint8_t kEventsTag = BytesTag(pb::DataAdapterMessage::kEventsFieldNumber);

// The message that a piece of an outbox is.
grpc::ByteBuffer ToMessage(const Piece& piece) {
  char head[11];
  char* end = head;
  if (piece.is_batch) {
    *end++ = static_cast<char>(kEventsTag);
    end = WriteVarint(piece.payload.size(), end);
  }
  const auto head_size = static_cast<size_t>(end - head);
  const grpc::Slice slice(head_size + piece.payload.size());
  auto* const bytes = const_cast<uint8_t*>(slice.begin());
  std::memcpy(bytes, head, head_size);
  std::memcpy(bytes + head_size, piece.payload.data(), piece.payload.size());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

// --- In

GrpcStream::Taken GrpcStream::Take(Clock::time_point deadline, const std::atomic<bool>* interrupted,
                                   grpc::ByteBuffer* message) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] {
    return !inbox_.empty() || ended_ || (interrupted != nullptr && interrupted->load());
  });
  if (inbox_.empty()) return ended_ ? Taken::kEnd : Taken::kNothing;
  message->Swap(&inbox_.front());
  inbox_.pop_front();
  inbox_bytes_ -= message->Length() + 1;
  const bool read = MayRead();
  lock.unlock();
  if (read) BeginRead(&incoming_);
  return Taken::kMessage;
}

bool GrpcStream::AwaitEnd(Clock::time_point deadline, const std::atomic<bool>* interrupted) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline,
                      [&] { return ended_ || (interrupted != nullptr && interrupted->load()); });
  return ended_;
}

void GrpcStream::Wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

grpc::Status GrpcStream::status() {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool GrpcStream::MayRead() {
  if (reading_ || read_over_ || (inbox_bytes_ > kMostUnread && !closed_)) return false;
  reading_ = true;
  return true;
}

void GrpcStream::StartReading() {
  {
    const std::lock_guard lock(mutex_);
    reading_ = true;
  }
  BeginRead(&incoming_);
}

void GrpcStream::NoteRead(bool ok) {
  bool read = false;
  {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (ok && !closed_) {
      inbox_bytes_ += incoming_.Length() + 1;
      inbox_.emplace_back().Swap(&incoming_);
    }
    if (!ok) read_over_ = true;
    read = MayRead();
    if (read_over_ && !writing_) OnStill();
    changed_.notify_all();
  }
  if (read) BeginRead(&incoming_);
}

// --- Out

size_t GrpcStream::Write(std::string_view bytes) {
  const Piece piece = FirstPiece(bytes);
  grpc::ByteBuffer message = ToMessage(piece);
  std::unique_lock lock(mutex_);
  if (read_over_ || closed_ || write_failed_) return 0;
  outgoing_.Swap(&message);
  writing_ = true;
  lock.unlock();
  BeginWrite(&outgoing_);
  lock.lock();
  changed_.wait(lock, [this] { return !writing_; });
  outgoing_.Clear();
  return write_failed_ ? 0 : piece.used;
}

void GrpcStream::NoteWritten(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  write_failed_ = !ok;
  if (read_over_) OnStill();
  changed_.notify_all();
}

// --- The end

bool GrpcStream::Close() {
  closed_ = true;
  return MayRead();
}

void GrpcStream::NoteEnd(const grpc::Status& status) {
  if (std::exchange(ended_, true)) return;
  status_ = status;
  changed_.notify_all();
}

void GrpcStream::NoteOver() {
  over_ = true;
  changed_.notify_all();
}

}  // namespace penstock::adapter
