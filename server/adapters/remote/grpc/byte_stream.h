// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/remote/grpc/stream.h"

namespace grpc {
class AuthContext;
}

namespace penstock::adapters {

// A stream as bytes, whichever side has opened it: messages are parsed where they are used. What
// gRPC is asked for is a subclass's, which is gRPC's reactor and is told the outcome on threads of
// gRPC, one at a time for each kind.
class GrpcByteStream : public GrpcStream, public std::enable_shared_from_this<GrpcByteStream> {
 public:
  GrpcByteStream(const GrpcByteStream&) = delete;
  GrpcByteStream& operator=(const GrpcByteStream&) = delete;

  // GrpcStream
  bool is_metadata() const final { return is_metadata_; }
  const GrpcPeer& peer() const final { return peer_; }
  void Open(runtime::Shard& shard, GrpcStreamOwner* owner, bool greeting) final;
  void Resume() final { Drain(); }
  void Leave() final;
  bool Send(const google::protobuf::MessageLite& message) final;
  std::size_t unsent() final;
  void Finish(GrpcStatus status, std::string_view text) override;

 protected:
  // Who ends the call. `kAdapter`: our last word only says that nothing follows, and the end is
  // there when the adapter has ended the call and all of it has been read.
  enum class EndsWith { kUs, kAdapter };

  GrpcByteStream(bool is_metadata, EndsWith ends_with)
      : is_metadata_(is_metadata), ends_with_(ends_with) {}
  ~GrpcByteStream() override = default;

  // It lives until Over(), whoever lets go of it.
  void KeepAlive(std::shared_ptr<GrpcByteStream> self) { self_ = std::move(self); }
  // Who is there: for the constructor, or before the first read.
  void SetPeer(const std::string& uri, const std::string& authorization,
               const grpc::AuthContext& context);

  // What gRPC is asked for, with `mutex_` held: it never answers before these return.
  virtual void BeginRead(grpc::ByteBuffer* message) = 0;
  virtual void BeginWrite(const grpc::ByteBuffer* message) = 0;
  virtual void BeginEnd(const grpc::Status& last_word) = 0;
  virtual void CancelCall() = 0;

  std::mutex mutex_;

  // What gRPC answers, and what follows from it; with `mutex_` held. Nothing can be read after
  // NoteRead(false).
  void NoteRead(bool ok);
  void NoteWritten(bool ok);
  // The call was cut off: nothing is read on either side any more.
  void NoteCut();
  // The owner is told, behind what has been read.
  void Break(std::string why);
  // Ends it without an owner's wish.
  void GiveUp(const grpc::Status& last_word);
  // gRPC has let go of it. The result dies with whoever gets it, not with the lock held.
  [[nodiscard]] std::shared_ptr<GrpcByteStream> Over();

  // Nothing more can be read, nor is anything being written.
  bool is_still() const { return ended_ && !writing_; }
  bool can_read() const { return !ended_; }
  // Before that nothing is read.
  void BlockReading() { reading_ = true; }
  void BeginReading();

 private:
  // Takes out what is there. Shard: the owner's.
  void Drain();
  bool IsOwnedBy(const GrpcStreamOwner* owner);
  // These with `mutex_` held.
  void ReadMore();
  bool DropsWhatComes() const { return last_word_ && ends_with_ == EndsWith::kAdapter; }
  void PostDrain();
  void DropUnsent();
  void WriteNext();
  void FinishIfSent();

  // Fixed after construction; the peer, before the first message.
  const bool is_metadata_;
  const EndsWith ends_with_;
  GrpcPeer peer_;

  // All below: guarded by `mutex_`. An owner hands the stream on in its own callback: whoever calls
  // it looks again before the next one.
  GrpcStreamOwner* owner_ = nullptr;
  runtime::Shard* shard_ = nullptr;
  bool drain_posted_ = false;
  std::vector<grpc::ByteBuffer> inbox_;
  std::vector<grpc::ByteBuffer> spare_;  // empty: its memory is the next inbox's
  std::size_t inbox_bytes_ = 0;
  std::size_t most_unread_ = 0;  // bytes; 0: one message
  bool reading_ = false;
  bool ended_ = false;              // nothing more can be read
  std::optional<std::string> why_;  // since it is told
  grpc::ByteBuffer incoming_;
  std::deque<grpc::ByteBuffer> outbox_;  // the first one is being written, if one is
  std::size_t outbox_bytes_ = 0;
  bool writing_ = false;
  std::optional<grpc::Status> last_word_;
  bool finished_ = false;
  bool done_ = false;
  grpc::Alarm patience_;
  std::shared_ptr<GrpcByteStream> self_;
};

}  // namespace penstock::adapters
