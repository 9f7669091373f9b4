// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/shard.h"

namespace google::protobuf {
class MessageLite;
}

namespace penstock::adapters {

// What HTTP/2 holds of a stream that nobody reads.
inline constexpr int kStreamWindowBytes = 256 * 1024;
// How long streams that have been ended may take to tell it.
inline constexpr auto kLastWords = std::chrono::seconds(1);

// How a stream ends, in gRPC's numbers.
enum class GrpcStatus : std::uint8_t {
  kOk = 0,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kUnavailable = 14,
  kUnauthenticated = 16,
};

// Who is at the other end of a stream.
struct GrpcPeer {
  std::string text;  // address and port
  std::string address;
  std::string authorization;       // the request header of this name; empty: none
  std::vector<std::string> names;  // of its certificate; empty: none
};

// Who is told what comes in on a stream. Shard: the one it was opened on.
class GrpcStreamOwner {
 public:
  // Where the next message is to be read into.
  virtual google::protobuf::MessageLite& NextMessage() = 0;
  // It is there; unless it cannot be read.
  virtual void OnMessage(bool is_readable) = 0;
  // The shard is ahead of others: the owner calls Resume() in a while. Nothing is read until then.
  // Not for a greeting.
  virtual void OnPaused() = 0;
  // Nothing follows. Finish() is due.
  virtual void OnBroken(std::string_view why) = 0;

 protected:
  ~GrpcStreamOwner() = default;
};

// A stream of one remote adapter. gRPC's threads fill its inbox, and write what is in its outbox;
// the shard of its owner takes messages out and puts messages in. What has not been taken is
// bounded: beyond kMostUnread bytes nothing more is read, and HTTP/2 makes the adapter wait.
//
// Owned by whoever opened it last, and by gRPC until it has ended. Shard: its owner's, all but the
// constants.
class GrpcStream {
 public:
  static constexpr std::size_t kMostGreeting = 64 * 1024;
  static constexpr std::size_t kMostUnread = 128 * 1024;
  static constexpr std::size_t kMostUnsent = 64 * 1024 * 1024;

  virtual ~GrpcStream() = default;

  // Constants.
  virtual bool is_metadata() const = 0;
  virtual const GrpcPeer& peer() const = 0;

  // `owner` is told of everything from now on. For a `greeting` one message is read and no more,
  // and none that is longer than kMostGreeting.
  virtual void Open(runtime::Shard& shard, GrpcStreamOwner* owner, bool greeting) = 0;
  virtual void Resume() = 0;
  // The owner hears of nothing more; another one may open the stream, on another shard.
  virtual void Leave() = 0;

  // False if more than kMostUnsent bytes wait: the peer is behind.
  virtual bool Send(const google::protobuf::MessageLite& message) = 0;
  virtual std::size_t unsent() = 0;  // bytes
  // Ends the stream behind what was sent; the owner has left it then. A peer that does not read it
  // in a while is cut off.
  virtual void Finish(GrpcStatus status, std::string_view text) = 0;
};

using GrpcStreamPtr = std::shared_ptr<GrpcStream>;

}  // namespace penstock::adapters
