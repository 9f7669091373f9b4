// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "adapters/remote/grpc/byte_stream.h"

namespace penstock::adapters {

class GrpcClientStream;

// The streams that dialers have opened and that are not over yet. Its end waits for theirs, a
// moment only: nothing of gRPC looks at a shard after that. Owned by GrpcProxies, outlives the
// dialers; ends when the shards have stopped. Thread-safe.
class GrpcCalls {
 public:
  GrpcCalls() = default;
  ~GrpcCalls();
  GrpcCalls(const GrpcCalls&) = delete;
  GrpcCalls& operator=(const GrpcCalls&) = delete;

  void Add(const std::shared_ptr<GrpcClientStream>& stream);
  // `last` runs before anybody can find that it is over.
  void Remove(const GrpcClientStream* stream, absl::FunctionRef<void()> last);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by `mutex_`.
  absl::flat_hash_map<const GrpcClientStream*, std::weak_ptr<GrpcClientStream>> streams_;
};

// A stream to an adapter that we have dialed, as gRPC sees it. A status is the adapter's to give:
// ours goes as the reason of a Goodbye, and behind it comes the half-close.
class GrpcClientStream final : public GrpcByteStream,
                               private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Dials. The channel is its own; it keeps the stream alive until OnDone(), and lets go of both on
  // `shard`: on a thread of gRPC the channel's end would wait for itself.
  static std::shared_ptr<GrpcClientStream> Begin(runtime::Shard& shard, GrpcCalls& calls,
                                                 std::shared_ptr<grpc::Channel> channel,
                                                 bool is_metadata);

  // There is a connection, over which the host speaks HTTP/2.
  bool connected() const;
  // Calls `gone` when the stream is over, behind all that its owner is told. Shard: `shard`.
  void WhenGone(absl::AnyInvocable<void()> gone) { gone_ = std::move(gone); }
  // Cuts it off. Thread-safe.
  void Abandon();

  // GrpcStream
  void Finish(GrpcStatus status, std::string_view text) override;

 private:
  GrpcClientStream(runtime::Shard& shard, GrpcCalls& calls, std::shared_ptr<grpc::Channel> channel,
                   bool is_metadata);

  // GrpcByteStream
  void BeginRead(grpc::ByteBuffer* message) override { StartRead(message); }
  void BeginWrite(const grpc::ByteBuffer* message) override { StartWrite(message); }
  void BeginEnd(const grpc::Status& last_word) override;
  void CancelCall() override { context_.TryCancel(); }

  // grpc::ClientBidiReactor
  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  // Once nothing will be asked of gRPC any more; with `mutex_` held.
  void LetGo();

  // Fixed after construction.
  runtime::Shard& home_;
  GrpcCalls& calls_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;

  bool held_ = true;                 // guarded by `mutex_`
  absl::AnyInvocable<void()> gone_;  // Shard: `home_`
};

}  // namespace penstock::adapters
