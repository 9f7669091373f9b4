// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <memory>
#include <string>

#include "over_grpc/grpc_stream.h"

namespace penstock::adapter {

// A stream of a server that has dialed.
// Owner: shared by gRPC, until it is over, and by who lets the server in.
class GrpcServerStream final : public GrpcStream, public grpc::ServerGenericBidiReactor {
 public:
  static std::shared_ptr<GrpcServerStream> Create(grpc::GenericCallbackServerContext* context);

  // Who has dialed: "127.0.0.1:40312".
  const std::string& peer() const { return peer_; }
  // Lets it in. `authorization`: a header; empty: none.
  void Accept(const std::string& authorization);
  // Turns it away, in place of Accept().
  void Refuse(const grpc::Status& status) { Finish(status); }

  // The server has ended it, or is gone.
  bool has_ended();

  // GrpcStream
  void End(const grpc::Status& status) override;

 private:
  explicit GrpcServerStream(grpc::GenericCallbackServerContext* context);

  // GrpcStream
  void BeginRead(grpc::ByteBuffer* message) override { StartRead(message); }
  void BeginWrite(const grpc::ByteBuffer* message) override { StartWrite(message); }

  // grpc::ServerGenericBidiReactor
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { NoteWritten(ok); }
  void OnCancel() override;
  void OnDone() override;

  grpc::GenericCallbackServerContext* const context_;  // until it is over
  const std::string peer_;
  std::shared_ptr<GrpcServerStream> self_;  // until it is over; guarded by the lock
};

}  // namespace penstock::adapter
