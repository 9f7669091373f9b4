// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <memory>

#include "adapters/remote/grpc/byte_stream.h"

namespace penstock::adapters {

// A stream that an adapter has opened, as gRPC sees it.
class GrpcServerStream final : public GrpcByteStream, public grpc::ServerGenericBidiReactor {
 public:
  // The reactor for gRPC; it keeps the stream alive until OnDone().
  static std::shared_ptr<GrpcServerStream> Create(grpc::GenericCallbackServerContext* context,
                                                  bool is_metadata);

  using GrpcByteStream::Finish;

 private:
  GrpcServerStream(grpc::GenericCallbackServerContext* context, bool is_metadata);

  // GrpcByteStream
  void BeginRead(grpc::ByteBuffer* message) override { StartRead(message); }
  void BeginWrite(const grpc::ByteBuffer* message) override { StartWrite(message); }
  void BeginEnd(const grpc::Status& last_word) override;
  void CancelCall() override { context_->TryCancel(); }

  // grpc::ServerGenericBidiReactor
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Fixed after construction.
  grpc::GenericCallbackServerContext* const context_;
};

}  // namespace penstock::adapters
