// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <memory>
#include <string>
#include <utility>

#include "over_grpc/grpc_stream.h"

namespace penstock::adapter {

// A stream to a server that the host dials.
// Owner: its conversation alone: on a thread of gRPC the channel's end would wait for itself.
class GrpcClientStream final : public GrpcStream,
                               private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Begins. `authorization`: a header; empty: none.
  static std::unique_ptr<GrpcClientStream> Begin(std::shared_ptr<grpc::Channel> channel,
                                                 const std::string& method,
                                                 const std::string& authorization);

  // GrpcStream; the status is the server's to give.
  void End(const grpc::Status& status) override;

 private:
  explicit GrpcClientStream(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)) {}

  // GrpcStream
  void BeginRead(grpc::ByteBuffer* message) override { StartRead(message); }
  void BeginWrite(const grpc::ByteBuffer* message) override { StartWrite(message); }
  void OnStill() override;

  // grpc::ClientBidiReactor
  void OnReadDone(bool ok) override { NoteRead(ok); }
  void OnWriteDone(bool ok) override { NoteWritten(ok); }
  void OnDone(const grpc::Status& status) override;

  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  bool held_ = true;  // guarded by the lock
};

}  // namespace penstock::adapter
