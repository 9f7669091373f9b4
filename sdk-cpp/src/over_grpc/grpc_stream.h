// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "outlet.h"

namespace penstock::adapter {

// A stream to a server, whichever of the two has dialed. Messages are bytes here. What has come and
// was not taken is bounded: beyond it nothing more is read, and HTTP/2 makes the server wait. A
// write lasts until the stream's window has taken it.
// Owner: its conversation, which ends it before it lets go. Thread: a subclass is gRPC's reactor,
// which is called on threads of gRPC; they only note what has happened. Take(), AwaitEnd() and
// End() are the reader's, Write() is the writer's.
class GrpcStream : public Outlet {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Taken { kMessage, kEnd, kNothing };

  // Waits for a message until `deadline`, or until `interrupted` and Wake(); null: it is not.
  Taken Take(Clock::time_point deadline, const std::atomic<bool>* interrupted,
             grpc::ByteBuffer* message);
  // True if the server has ended the stream by then, and not earlier.
  bool AwaitEnd(Clock::time_point deadline, const std::atomic<bool>* interrupted);
  void Wake();
  // Once it has ended: how.
  grpc::Status status();

  // Ends it for good, whatever is under way, with this status where it is ours to give. gRPC has
  // let go of it then, in moments, whatever the network does.
  virtual void End(const grpc::Status& status) = 0;

  // Outlet
  size_t Write(std::string_view bytes) final;
  std::string why_unsent() const final { return "the stream has ended"; }
  // A write fails because the stream has ended, which is told by itself.
  void Shutdown() final {}

 protected:
  GrpcStream() = default;

  // What gRPC is asked for.
  virtual void BeginRead(grpc::ByteBuffer* message) = 0;
  virtual void BeginWrite(const grpc::ByteBuffer* message) = 0;
  // Nothing more can be read, and nothing is being written; with the lock.
  virtual void OnStill() {}

  // What it answers.
  void NoteRead(bool ok);
  void NoteWritten(bool ok);

  // These with the lock.
  void NoteEnd(const grpc::Status& status);
  bool is_ended() const { return ended_; }
  // Nothing more is begun, but a read where the end is not seen without: true if the caller has to
  // StartReading() for that, without the lock.
  bool Close();
  bool is_closed() const { return closed_; }
  bool is_writing() const { return writing_; }
  // gRPC has let go.
  void NoteOver();
  bool is_over() const { return over_; }

  // The first read, which BeginRead() begins.
  void StartReading();

  std::mutex mutex_;
  std::condition_variable changed_;

 private:
  static constexpr size_t kMostUnread = 256u << 10;

  // Whether a read is to be begun, which the caller then does without the lock; with the lock.
  bool MayRead();

  std::deque<grpc::ByteBuffer> inbox_;
  size_t inbox_bytes_ = 0;
  grpc::ByteBuffer incoming_;  // while a read is under way
  bool reading_ = false;
  grpc::ByteBuffer outgoing_;  // while a write is under way
  bool writing_ = false;
  bool write_failed_ = false;
  bool closed_ = false;
  bool read_over_ = false;  // there is nothing more to read
  bool ended_ = false;      // and `status_` says how
  bool over_ = false;
  grpc::Status status_;
};

}  // namespace penstock::adapter
